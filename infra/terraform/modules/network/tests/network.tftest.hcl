mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:flow" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/flow" }
  }
}

variables {
  name        = "millrace-test"
  cidr        = "10.20.0.0/16"
  zones       = ["us-east-1a", "us-east-1b", "us-east-1c"]
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
}

run "a_network_has_a_private_and_a_public_subnet_in_each_zone" {
  command = plan

  assert {
    condition     = [for zone in var.zones : aws_subnet.private[zone].cidr_block] == ["10.20.0.0/18", "10.20.64.0/18", "10.20.128.0/18"]
    error_message = "private subnets are not the first three quarters of the range"
  }
  assert {
    condition     = [for zone in var.zones : aws_subnet.public[zone].cidr_block] == ["10.20.192.0/20", "10.20.208.0/20", "10.20.224.0/20"]
    error_message = "public subnets are not cut from the last quarter"
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 3 && length(aws_route.nat) == 3
    error_message = "per_zone makes one gateway for each zone"
  }
  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "a public subnet gives addresses by itself"
  }
  assert {
    condition     = aws_flow_log.this[0].traffic_type == "ALL" && aws_cloudwatch_log_group.flow[0].kms_key_id == var.kms_key_arn
    error_message = "flow logs do not take all traffic, or lie in clear"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == var.cidr && aws_vpc_security_group_ingress_rule.endpoints[0].from_port == 443
    error_message = "the endpoints admit more than TLS from the VPC"
  }
}

run "each_zone_leaves_by_its_own_gateway_and_the_log_role_writes_its_group_alone" {
  command = apply

  assert {
    condition = alltrue([
      for zone in var.zones : aws_route.nat[zone].nat_gateway_id == aws_nat_gateway.this[zone].id
      && aws_route.nat[zone].route_table_id == aws_route_table_association.private[zone].route_table_id
    ])
    error_message = "a zone leaves by another zone's gateway"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.flow[0].policy).Statement :
      alltrue([for action in statement.Action : !strcontains(action, "*")]) &&
      alltrue([for resource in statement.Resource : startswith(resource, "arn:aws:logs:us-east-1:123456789012:log-group:flow")])
    ])
    error_message = "the flow log role may do more than write its group"
  }
}

run "a_single_gateway_serves_all_zones_and_none_serves_none" {
  command = plan
  variables { nat = "single" }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["us-east-1a"] && length(aws_route.nat) == 3
    error_message = "single makes one gateway with a route from every zone"
  }
}

run "without_nat_there_is_no_route_out" {
  command = plan
  variables { nat = "none" }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_route.nat) == 0 && length(aws_eip.nat) == 0
    error_message = "none still makes a gateway"
  }
}

run "an_existing_network_is_looked_up_and_nothing_is_made" {
  command = plan
  variables {
    cidr = null
    existing = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-a", "subnet-b"]

      clients_security_group_id = "sg-clients"
    }
  }
  override_data {
    target = data.aws_security_group.clients[0]
    values = { id = "sg-clients", vpc_id = "vpc-1" }
  }
  override_data {
    target = data.aws_vpc.existing[0]
    values = { id = "vpc-1", enable_dns_hostnames = true, enable_dns_support = true, cidr_block = "10.1.0.0/16" }
  }
  override_data {
    target = data.aws_subnet.existing["subnet-a"]
    values = { id = "subnet-a", vpc_id = "vpc-1", availability_zone = "us-east-1a", map_public_ip_on_launch = false }
  }
  override_data {
    target = data.aws_subnet.existing["subnet-b"]
    values = { id = "subnet-b", vpc_id = "vpc-1", availability_zone = "us-east-1b", map_public_ip_on_launch = false }
  }

  assert {
    condition     = output.vpc_id == "vpc-1" && output.cidr == "10.1.0.0/16" && output.private_subnet_ids == tolist(["subnet-a", "subnet-b"]) && output.clients_security_group_id == "sg-clients"
    error_message = "an existing network does not yield its own ids"
  }
  assert {
    condition     = length(aws_vpc.this) + length(aws_security_group.clients) + length(aws_subnet.private) + length(aws_vpc_endpoint.gateway) + length(aws_flow_log.this) == 0
    error_message = "something is made beside an existing network"
  }
}

run "an_existing_network_in_one_zone_is_refused" {
  command = plan
  variables {
    cidr     = null
    existing = { vpc_id = "vpc-1", private_subnet_ids = ["subnet-a", "subnet-b"] }
  }
  override_data {
    target = data.aws_vpc.existing[0]
    values = { id = "vpc-1", enable_dns_hostnames = true, enable_dns_support = true }
  }
  override_data {
    target = data.aws_subnet.existing["subnet-a"]
    values = { id = "subnet-a", vpc_id = "vpc-1", availability_zone = "us-east-1a", map_public_ip_on_launch = false }
  }
  override_data {
    target = data.aws_subnet.existing["subnet-b"]
    values = { id = "subnet-b", vpc_id = "vpc-1", availability_zone = "us-east-1a", map_public_ip_on_launch = false }
  }

  expect_failures = [output.private_subnet_ids]
}

run "a_subnet_of_another_vpc_is_refused" {
  command = plan
  variables {
    cidr     = null
    existing = { vpc_id = "vpc-1", private_subnet_ids = ["subnet-a", "subnet-b"] }
  }
  override_data {
    target = data.aws_vpc.existing[0]
    values = { id = "vpc-1", enable_dns_hostnames = true, enable_dns_support = true }
  }
  override_data {
    target = data.aws_subnet.existing
    values = { id = "subnet-a", vpc_id = "vpc-2", availability_zone = "us-east-1a", map_public_ip_on_launch = false }
  }

  expect_failures = [data.aws_subnet.existing]
}

run "a_range_that_overlaps_a_reserved_one_is_refused" {
  command = plan
  variables { reserved_cidrs = ["10.0.0.0/8"] }

  expect_failures = [var.reserved_cidrs]
}

run "a_range_that_is_too_small_or_public_is_refused" {
  command = plan
  variables {
    cidr  = "52.1.2.0/24"
    zones = ["us-east-1", "us-east-1a", "us-east-1a"]
    nat   = "double"
  }

  expect_failures = [var.cidr, var.zones, var.nat]
}

run "without_nat_the_cluster_needs_its_endpoints" {
  command = plan
  variables {
    nat                     = "none"
    interface_endpoints     = ["kms"]
    gateway_endpoints       = ["kms"]
    flow_log_retention_days = 8
    kms_key_arn             = "alias/x"
    name                    = "Millrace_"
  }

  expect_failures = [var.interface_endpoints, var.gateway_endpoints, var.flow_log_retention_days, var.kms_key_arn, var.name]
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
