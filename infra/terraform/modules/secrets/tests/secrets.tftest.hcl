mock_provider "aws" {}

variables {
  name        = "millrace-test"
  secrets     = { token = { description = "A token." } }
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
}

run "a_secret_is_a_place_under_our_key" {
  command = plan

  assert {
    condition     = aws_secretsmanager_secret.this["token"].name == "millrace-test/token" && aws_secretsmanager_secret.this["token"].kms_key_id == var.kms_key_arn && aws_secretsmanager_secret.this["token"].recovery_window_in_days == 30
    error_message = "the secret has another name or key, or is gone at once"
  }
  assert {
    condition     = aws_secretsmanager_secret_policy.this["token"].block_public_policy && jsondecode(aws_secretsmanager_secret_policy.this["token"].policy).Statement[0].Effect == "Deny"
    error_message = "the secret can be opened to the public, or answers in clear"
  }
}

run "a_secret_made_outside_is_checked_and_used" {
  command = plan
  variables { secrets = { token = { description = "A token.", existing = "arn:aws:secretsmanager:us-east-1:123456789012:secret:theirs-AbCdEf" } } }
  override_data {
    target = data.aws_secretsmanager_secret.existing["token"]
    values = { kms_key_id = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555" }
  }

  assert {
    condition     = endswith(output.secret_arns["token"], ":secret:theirs-AbCdEf") && length(aws_secretsmanager_secret.this) + length(aws_secretsmanager_secret_policy.this) == 0
    error_message = "a secret is made beside one that exists"
  }
}

run "a_secret_under_awss_own_key_is_refused" {
  command = plan
  variables {
    require_tls = false
    secrets     = { token = { description = "A token.", existing = "arn:aws:secretsmanager:us-east-1:123456789012:secret:theirs-AbCdEf" } }
  }
  override_data {
    target = data.aws_secretsmanager_secret.existing["token"]
    values = { kms_key_id = "" }
  }

  expect_failures = [data.aws_secretsmanager_secret.existing["token"]]
}

run "what_secrets_manager_does_not_take_is_refused" {
  command = plan
  variables {
    name          = "T"
    secrets       = { Token = { description = "A token.", existing = "theirs" } }
    kms_key_arn   = "alias/secrets"
    recovery_days = 3
  }

  expect_failures = [var.name, var.secrets, var.kms_key_arn, var.recovery_days]
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
