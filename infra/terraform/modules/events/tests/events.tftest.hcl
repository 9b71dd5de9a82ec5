mock_provider "aws" {
  mock_resource "aws_msk_cluster" {
    defaults = {
      arn                        = "arn:aws:kafka:us-east-1:123456789012:cluster/millrace-test-events/1111-2"
      bootstrap_brokers_sasl_iam = "b-1:9098"
    }
  }
  mock_resource "aws_msk_configuration" {
    defaults = { arn = "arn:aws:kafka:us-east-1:123456789012:configuration/millrace-test-events/1111-2", latest_revision = 1 }
  }
}

variables {
  name                      = "millrace-test"
  vpc_id                    = "vpc-0123456789abcdef0"
  subnet_ids                = ["subnet-0a", "subnet-0b", "subnet-0c"]
  client_security_group_ids = { clients = "sg-0123456789abcdef0" }
  kms_key_arn               = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  logs_key_arn              = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-666666666666"
}

run "brokers_take_tls_and_iam_alone" {
  command = apply
  variables { broker = { per_zone = 2 } }

  assert {
    condition     = aws_msk_cluster.this[0].encryption_info[0].encryption_in_transit[0].client_broker == "TLS" && aws_msk_cluster.this[0].encryption_info[0].encryption_in_transit[0].in_cluster && aws_msk_cluster.this[0].encryption_info[0].encryption_at_rest_kms_key_arn == var.kms_key_arn
    error_message = "brokers talk or store in clear"
  }
  assert {
    condition     = aws_msk_cluster.this[0].client_authentication[0].sasl[0].iam && !aws_msk_cluster.this[0].client_authentication[0].unauthenticated
    error_message = "brokers take clients without a role"
  }
  assert {
    condition     = aws_msk_cluster.this[0].broker_node_group_info[0].connectivity_info[0].public_access[0].type == "DISABLED" && aws_vpc_security_group_ingress_rule.group["clients"].to_port == 9098
    error_message = "brokers are public, or clients do not reach them"
  }
  assert {
    condition     = aws_msk_cluster.this[0].number_of_broker_nodes == 6 && aws_appautoscaling_target.storage[0].max_capacity == 1000
    error_message = "there is another number of brokers, or disks do not grow"
  }
  assert {
    condition     = strcontains(aws_msk_configuration.this[0].server_properties, "min.insync.replicas=2") && strcontains(aws_msk_configuration.this[0].server_properties, "log.retention.hours=168")
    error_message = "the loss of a zone could lose events"
  }
  assert {
    condition     = aws_msk_cluster.this[0].logging_info[0].broker_logs[0].cloudwatch_logs[0].log_group == aws_cloudwatch_log_group.this[0].name && aws_cloudwatch_log_group.this[0].kms_key_id == var.logs_key_arn
    error_message = "the brokers' logs are not kept, or lie in clear"
  }
  assert {
    condition     = output.topics_arn == "arn:aws:kafka:us-east-1:123456789012:topic/millrace-test-events/1111-2" && output.groups_arn == "arn:aws:kafka:us-east-1:123456789012:group/millrace-test-events/1111-2"
    error_message = "topics and groups have other ARNs"
  }
}

run "a_cluster_made_outside_is_checked_and_used" {
  command = plan
  variables {
    existing     = "theirs"
    vpc_id       = null
    subnet_ids   = []
    kms_key_arn  = null
    logs_key_arn = null
  }
  override_data {
    target = data.aws_msk_cluster.existing[0]
    values = { arn = "arn:aws:kafka:us-east-1:123456789012:cluster/theirs/1", bootstrap_brokers_sasl_iam = "b-1:9098", bootstrap_brokers = "" }
  }

  assert {
    condition     = output.bootstrap_brokers == "b-1:9098" && output.cluster_name == "theirs" && length(aws_msk_cluster.this) + length(aws_security_group.this) + length(aws_vpc_security_group_ingress_rule.group) == 0
    error_message = "something is made beside an existing cluster"
  }
}

run "a_cluster_that_talks_in_clear_is_refused" {
  command = plan
  variables { existing = "theirs" }
  override_data {
    target = data.aws_msk_cluster.existing[0]
    values = { bootstrap_brokers_sasl_iam = "b-1:9098", bootstrap_brokers = "b-1:9092" }
  }

  expect_failures = [data.aws_msk_cluster.existing[0]]
}

run "what_msk_does_not_take_is_refused" {
  command = plan
  variables {
    name               = "T"
    kafka_version      = "2"
    broker             = { per_zone = 0, instance_type = "m7g.large", disk_gib = 5 }
    retention_hours    = 0
    vpc_id             = null
    subnet_ids         = ["subnet-0a", "subnet-0b"]
    client_cidrs       = ["0.0.0.0/0"]
    kms_key_arn        = null
    logs_key_arn       = null
    log_retention_days = 2
  }

  expect_failures = [
    var.name, var.kafka_version, var.broker, var.retention_hours, var.vpc_id, var.subnet_ids, var.client_cidrs, var.kms_key_arn,
    var.logs_key_arn, var.log_retention_days,
  ]
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
