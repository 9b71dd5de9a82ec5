mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/monitoring" }
  }
  mock_resource "aws_db_instance" {
    defaults = { address = "db.internal", master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds" }] }
  }
}

variables {
  name                      = "millrace-test"
  vpc_id                    = "vpc-0123456789abcdef0"
  subnet_ids                = ["subnet-0a", "subnet-0b"]
  client_security_group_ids = { clients = "sg-0123456789abcdef0" }
  client_cidrs              = ["10.9.0.0/16"]
  kms_key_arn               = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  logs_key_arn              = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-666666666666"
}

run "an_instance_is_private_encrypted_backed_up_and_protected" {
  command = apply

  assert {
    condition     = !aws_db_instance.this[0].publicly_accessible && aws_db_instance.this[0].storage_encrypted && aws_db_instance.this[0].kms_key_id == var.kms_key_arn
    error_message = "the instance is public or in clear"
  }
  assert {
    condition     = aws_db_instance.this[0].deletion_protection && !aws_db_instance.this[0].skip_final_snapshot && aws_db_instance.this[0].backup_retention_period == 14 && aws_db_instance.this[0].multi_az
    error_message = "the instance could be lost"
  }
  assert {
    condition     = can(regex("^millrace-test-tracking-[0-9]{8}-[0-9]{6}$", aws_db_instance.this[0].final_snapshot_identifier))
    error_message = "the final snapshot's name could be taken already"
  }
  assert {
    condition     = aws_db_instance.this[0].manage_master_user_password && aws_db_instance.this[0].password == null && startswith(output.secret_arn, "arn:aws:secretsmanager:")
    error_message = "the password is known here"
  }
  assert {
    condition     = { for p in aws_db_parameter_group.this[0].parameter : p.name => p.value }["rds.force_ssl"] == "1"
    error_message = "connections in clear are taken"
  }
  assert {
    condition     = aws_db_instance.this[0].performance_insights_enabled && aws_db_instance.this[0].performance_insights_kms_key_id == var.kms_key_arn && aws_db_instance.this[0].monitoring_interval == 60
    error_message = "insights or monitoring are off by default"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.group["clients"].referenced_security_group_id == "sg-0123456789abcdef0" && aws_vpc_security_group_ingress_rule.range["10.9.0.0/16"].to_port == 5432
    error_message = "the clients named do not reach the port"
  }
  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.kms_key_id == var.logs_key_arn && group.retention_in_days == 365])
    error_message = "a log is kept in clear or for ever"
  }
}

run "an_existing_instance_is_checked_and_used" {
  command = plan
  variables {
    existing     = "theirs"
    vpc_id       = null
    subnet_ids   = []
    kms_key_arn  = null
    logs_key_arn = null
  }
  override_data {
    target = data.aws_db_instance.existing[0]
    values = {
      engine             = "postgres", storage_encrypted = true, publicly_accessible = false, address = "theirs.internal", port = 5432, db_name = "mlflow"
      master_user_secret = [{ secret_arn = "arn:theirs" }]
    }
  }

  assert {
    condition     = output.address == "theirs.internal" && output.secret_arn == "arn:theirs" && output.instance_id == "theirs"
    error_message = "an existing instance does not yield its own outputs"
  }
  assert {
    condition     = length(aws_db_instance.this) + length(aws_security_group.this) + length(aws_vpc_security_group_ingress_rule.group) + length(aws_cloudwatch_log_group.this) == 0
    error_message = "something is made beside an existing instance"
  }
}

run "an_existing_instance_that_is_public_is_refused" {
  command = plan
  variables { existing = "theirs" }
  override_data {
    target = data.aws_db_instance.existing[0]
    values = { engine = "postgres", storage_encrypted = true, publicly_accessible = true, master_user_secret = [{ secret_arn = "arn:theirs" }] }
  }

  expect_failures = [data.aws_db_instance.existing[0]]
}

run "what_rds_does_not_take_is_refused" {
  command = plan
  variables {
    name               = "Test"
    engine_version     = "9.6"
    instance_class     = "m6i.large"
    storage_gib        = { initial = 100, maximum = 100 }
    database_name      = "ml-flow"
    username           = "postgres"
    vpc_id             = null
    subnet_ids         = ["subnet-0a"]
    client_cidrs       = ["0.0.0.0/0"]
    kms_key_arn        = null
    logs_key_arn       = null
    log_retention_days = 2
    backup_days        = 0
  }

  expect_failures = [
    var.name, var.engine_version, var.instance_class, var.storage_gib, var.database_name, var.username, var.vpc_id, var.subnet_ids,
    var.client_cidrs, var.kms_key_arn, var.logs_key_arn, var.log_retention_days, var.backup_days,
  ]
}

run "a_rehearsal_can_do_without_insights_parameters_and_snapshot" {
  command = plan
  variables {
    parameters           = false
    performance_insights = false
    final_snapshot       = false
    deletion_protection  = false
  }

  assert {
    condition     = length(aws_db_parameter_group.this[0].parameter) == 0 && !aws_db_instance.this[0].performance_insights_enabled && aws_db_instance.this[0].skip_final_snapshot && aws_db_instance.this[0].final_snapshot_identifier == null
    error_message = "a switch that is off is still planned"
  }
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
