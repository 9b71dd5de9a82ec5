mock_provider "aws" {
  mock_resource "aws_elasticache_user" {
    defaults = { arn = "arn:aws:elasticache:us-east-1:123456789012:user:services" }
  }
}

variables {
  name                      = "millrace-test"
  vpc_id                    = "vpc-0123456789abcdef0"
  subnet_ids                = ["subnet-0a", "subnet-0b"]
  client_security_group_ids = { clients = "sg-0123456789abcdef0" }
  kms_key_arn               = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  logs_key_arn              = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-666666666666"
}

run "a_cache_survives_a_zone_and_takes_tls_and_iam_alone" {
  command = plan

  assert {
    condition     = aws_elasticache_replication_group.this[0].multi_az_enabled && aws_elasticache_replication_group.this[0].automatic_failover_enabled && aws_elasticache_replication_group.this[0].num_cache_clusters == 2
    error_message = "the loss of a zone loses the cache"
  }
  assert {
    condition     = aws_elasticache_replication_group.this[0].transit_encryption_mode == "required" && tobool(aws_elasticache_replication_group.this[0].at_rest_encryption_enabled) && aws_elasticache_replication_group.this[0].kms_key_id == var.kms_key_arn
    error_message = "the cache talks or stores in clear"
  }
  assert {
    condition     = aws_elasticache_user.this["services"].authentication_mode[0].type == "iam" && aws_elasticache_user.this["services"].user_id == aws_elasticache_user.this["services"].user_name && aws_elasticache_replication_group.this[0].user_group_ids == toset(["millrace-test-cache"])
    error_message = "users have passwords, or there are none"
  }
  assert {
    condition     = { for log in aws_elasticache_replication_group.this[0].log_delivery_configuration : log.log_type => log.destination } == { engine-log = "/millrace/millrace-test-cache/engine-log", slow-log = "/millrace/millrace-test-cache/slow-log" }
    error_message = "a log is not delivered"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.group["clients"].from_port == 6379 && alltrue([for group in aws_cloudwatch_log_group.this : group.kms_key_id == var.logs_key_arn])
    error_message = "clients do not reach the port, or logs lie in clear"
  }
}

run "a_cache_made_outside_is_checked_and_used" {
  command = plan
  variables {
    existing     = "theirs"
    vpc_id       = null
    subnet_ids   = []
    kms_key_arn  = null
    logs_key_arn = null
  }
  override_data {
    target = data.aws_elasticache_replication_group.existing[0]
    values = { multi_az_enabled = true, automatic_failover_enabled = true, primary_endpoint_address = "theirs.internal", port = 6380 }
  }

  assert {
    condition     = output.endpoint == "theirs.internal" && output.port == 6380 && output.users == {}
    error_message = "an existing cache does not yield its own outputs"
  }
  assert {
    condition     = length(aws_elasticache_replication_group.this) + length(aws_elasticache_user.this) + length(aws_security_group.this) + length(aws_vpc_security_group_ingress_rule.group) == 0
    error_message = "something is made beside an existing cache"
  }
}

run "a_cache_in_one_zone_is_refused" {
  command = plan
  variables { existing = "theirs" }
  override_data {
    target = data.aws_elasticache_replication_group.existing[0]
    values = { multi_az_enabled = false, automatic_failover_enabled = true }
  }

  expect_failures = [data.aws_elasticache_replication_group.existing[0]]
}

run "what_elasticache_does_not_take_is_refused" {
  command = plan
  variables {
    name               = "T"
    engine_version     = "6.2"
    node_type          = "t4g.small"
    replicas           = 0
    snapshot_days      = 0
    vpc_id             = null
    subnet_ids         = ["subnet-0a"]
    client_cidrs       = ["0.0.0.0/0"]
    kms_key_arn        = null
    logs_key_arn       = null
    log_retention_days = 2
  }

  expect_failures = [
    var.name, var.engine_version, var.node_type, var.replicas, var.snapshot_days, var.vpc_id, var.subnet_ids, var.client_cidrs,
    var.kms_key_arn, var.logs_key_arn, var.log_retention_days,
  ]
}

run "users_that_may_do_everything_are_refused" {
  command = plan
  variables { users = { services = "on ~* +@all" } }

  expect_failures = [var.users]
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
