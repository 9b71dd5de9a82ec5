mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  name = "millrace-test"
  keys = {
    logs    = { description = "Logs.", services = ["logs.amazonaws.com", "cloudwatch.amazonaws.com", "s3.amazonaws.com"] }
    cluster = { description = "Cluster.", service_linked_roles = ["autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"] }
  }
}

run "keys_rotate_and_are_named" {
  command = plan

  assert {
    condition     = alltrue([for key in aws_kms_key.this : key.enable_key_rotation && key.deletion_window_in_days == 30])
    error_message = "a key does not rotate, or goes too soon"
  }
  assert {
    condition     = output.aliases == { cluster = "alias/millrace-test/cluster", logs = "alias/millrace-test/logs" }
    error_message = "aliases are not named for name and purpose"
  }
}

run "policies_name_their_actions_and_principals_one_by_one" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for key in aws_kms_key.this : [
        for statement in jsondecode(key.policy).Statement : [
          for action in statement.Action : !strcontains(action, "*") && !strcontains(jsonencode(statement.Principal), "*")
        ]
      ]
    ]))
    error_message = "a policy holds a wildcard action or principal"
  }
  assert {
    condition = [for statement in jsondecode(aws_kms_key.this["logs"].policy).Statement : try(statement.Condition, null) if can(statement.Principal.Service)] == [
      {},
      { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:us-east-1:123456789012:*" } },
      { StringEquals = { "aws:SourceAccount" = "123456789012" } },
    ]
    error_message = "a service may use the key for another account"
  }
  assert {
    condition = [
      for statement in jsondecode(aws_kms_key.this["cluster"].policy).Statement : statement.Action if try(statement.Condition.Bool["kms:GrantIsForAWSResource"], "") == "true"
    ] == [["kms:CreateGrant"]]
    error_message = "the service-linked role may grant to others than AWS resources"
  }
}

run "a_key_made_outside_is_checked_and_used" {
  command = plan
  variables {
    keys = {
      logs = { description = "Logs.", existing = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555" }
    }
  }
  override_data {
    target = data.aws_kms_key.existing["logs"]
    values = {
      arn     = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
      enabled = true, customer_master_key_spec = "SYMMETRIC_DEFAULT"
    }
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && endswith(output.key_arns["logs"], "555555555555")
    error_message = "a key is made beside one that exists"
  }
}

run "a_disabled_key_is_refused" {
  command = plan
  variables {
    keys = {
      logs = { description = "Logs.", existing = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555" }
    }
  }
  override_data {
    target = data.aws_kms_key.existing["logs"]
    values = { enabled = false, customer_master_key_spec = "SYMMETRIC_DEFAULT" }
  }

  expect_failures = [data.aws_kms_key.existing["logs"]]
}

run "what_kms_does_not_know_is_refused" {
  command = plan
  variables {
    name                 = "1"
    keys                 = { Logs = { description = "Logs.", services = ["logs"], existing = "alias/logs" } }
    deletion_window_days = 6
    rotation_days        = 30
  }

  expect_failures = [var.name, var.keys, var.deletion_window_days, var.rotation_days]
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
