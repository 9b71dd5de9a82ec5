mock_provider "aws" {
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/millrace-test/1", dns_name = "lb.aws", zone_id = "ZLB" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/millrace-test-gw/1" }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/millrace-test/1/2" }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
      domain_validation_options = [
        { domain_name = "admin.ml.example.com", resource_record_name = "_a.admin.ml.example.com", resource_record_type = "CNAME", resource_record_value = "_a.acm" },
        { domain_name = "api.ml.example.com", resource_record_name = "_b.api.ml.example.com", resource_record_type = "CNAME", resource_record_value = "_b.acm" },
      ]
    }
  }
  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1" }
  }
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/millrace-test/1" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-millrace-test" }
  }
}

variables {
  name                    = "millrace-test"
  zone                    = { name = "ml.example.com" }
  hosts                   = ["api", "admin"]
  vpc_id                  = "vpc-0123456789abcdef0"
  subnet_ids              = ["subnet-0a", "subnet-0b"]
  allowed_cidrs           = ["10.0.0.0/8"]
  autoscaling_group_names = { general = "eks-general-1234" }
  node_security_group_id  = "sg-0123456789abcdef0"
  access_log_bucket       = "acme-logs"
  logs_key_arn            = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-666666666666"
}

run "the_way_in_is_tls_logged_and_internal" {
  command = apply

  assert {
    condition     = aws_lb.this[0].internal && aws_lb.this[0].enable_deletion_protection && aws_lb.this[0].drop_invalid_header_fields && aws_lb.this[0].access_logs[0].bucket == "acme-logs"
    error_message = "the load balancer is public, unprotected or keeps no log"
  }
  assert {
    condition     = aws_lb_listener.https[0].ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06" && aws_lb_listener.http[0].default_action[0].redirect[0].protocol == "HTTPS" && aws_lb_target_group.gateway[0].protocol == "HTTPS"
    error_message = "requests are taken or handed on in clear"
  }
  assert {
    condition     = aws_acm_certificate.this[0].domain_name == "admin.ml.example.com" && aws_acm_certificate.this[0].subject_alternative_names == toset(["api.ml.example.com"]) && aws_route53_record.validation["api"].records == toset(["_b.acm"])
    error_message = "the certificate is not for all hosts, or cannot be validated"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.gateway[0].from_port == 30443 && aws_vpc_security_group_egress_rule.gateway[0].referenced_security_group_id == "sg-0123456789abcdef0" && keys(aws_autoscaling_attachment.gateway) == ["general"]
    error_message = "the load balancer does not reach the gateway"
  }
  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.clients) == ["10.0.0.0/8:443", "10.0.0.0/8:80"]
    error_message = "others than the ranges named are let in"
  }
  assert {
    condition     = length(aws_wafv2_web_acl.this[0].rule) == 4 && length(aws_wafv2_web_acl_association.this) == 1 && length(aws_wafv2_web_acl_logging_configuration.this[0].redacted_fields) == 2
    error_message = "the firewall lacks a rule, a load balancer, or shows credentials"
  }
  assert {
    condition     = output.urls == { admin = "https://admin.ml.example.com", api = "https://api.ml.example.com" }
    error_message = "addresses are not those of the hosts"
  }
}

run "zone_and_certificate_may_be_made_outside_and_the_firewall_is_a_choice" {
  command = plan
  variables {
    zone            = { name = "ml.example.com", existing_id = "ZTHEIRS" }
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/2"
    firewall        = false
    attachments     = false
  }
  override_data {
    target = data.aws_route53_zone.existing[0]
    values = { name = "ml.example.com" }
  }

  assert {
    condition     = length(aws_route53_zone.this) + length(aws_acm_certificate.this) + length(aws_route53_record.validation) + length(aws_wafv2_web_acl.this) + length(aws_cloudwatch_log_group.firewall) + length(aws_autoscaling_attachment.gateway) == 0
    error_message = "something is made beside what exists, or that was switched off"
  }
  assert {
    condition     = aws_lb_listener.https[0].certificate_arn == var.certificate_arn && aws_route53_record.host["api"].zone_id == "ZTHEIRS"
    error_message = "the zone or certificate given is not used"
  }
}

run "a_zone_of_another_name_is_refused" {
  command = plan
  variables { zone = { name = "ml.example.com", existing_id = "ZTHEIRS" } }
  override_data {
    target = data.aws_route53_zone.existing[0]
    values = { name = "other.example.com" }
  }

  expect_failures = [data.aws_route53_zone.existing[0]]
}

run "a_load_balancer_made_outside_is_used_and_nothing_is_made" {
  command = plan
  variables { existing = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/theirs/1" }
  override_data {
    target = data.aws_lb.existing[0]
    values = { dns_name = "theirs.aws", arn_suffix = "app/theirs/1", drop_invalid_header_fields = true, access_logs = [{ enabled = true }] }
  }

  assert {
    condition     = output.dns_name == "theirs.aws" && output.arn_suffix == "app/theirs/1" && output.name_servers == null
    error_message = "an existing load balancer does not yield its own outputs"
  }
  assert {
    condition     = length(aws_lb.this) + length(aws_route53_zone.this) + length(aws_route53_record.host) + length(aws_security_group.this) + length(aws_wafv2_web_acl.this) + length(aws_autoscaling_attachment.gateway) + length(aws_vpc_security_group_ingress_rule.gateway) == 0
    error_message = "something is made beside an existing load balancer"
  }
}

run "a_load_balancer_without_a_log_is_refused" {
  command = plan
  variables { existing = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/theirs/1" }
  override_data {
    target = data.aws_lb.existing[0]
    values = { drop_invalid_header_fields = true, access_logs = [{ enabled = false }] }
  }

  expect_failures = [data.aws_lb.existing[0]]
}

run "the_world_comes_only_through_the_firewall" {
  command = plan
  variables {
    internet_facing = true
    firewall        = false
    allowed_cidrs   = ["0.0.0.0/0"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "what_aws_does_not_take_is_refused" {
  command = plan
  variables {
    name                   = "T"
    zone                   = { name = "ML.example.com." }
    hosts                  = ["*"]
    certificate_arn        = "certificate"
    vpc_id                 = null
    subnet_ids             = ["subnet-0a"]
    allowed_cidrs          = ["office"]
    requests_per_5_min     = 1
    gateway                = { node_port = 443 }
    node_security_group_id = null
    access_log_bucket      = null
    logs_key_arn           = null
    log_retention_days     = 2
  }

  expect_failures = [
    var.name, var.zone, var.hosts, var.certificate_arn, var.vpc_id, var.subnet_ids, var.allowed_cidrs, var.requests_per_5_min, var.gateway,
    var.node_security_group_id, var.access_log_bucket, var.logs_key_arn, var.log_retention_days,
  ]
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
