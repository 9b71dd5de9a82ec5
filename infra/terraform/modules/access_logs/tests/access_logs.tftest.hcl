mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::logs" }
  }
}

variables {
  bucket = "acme-logs"
}

run "logs_are_delivered_for_this_account_and_over_tls_alone" {
  command = apply

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.this[0].policy).Statement :
      statement.Effect == "Deny" ? statement.Condition.Bool["aws:SecureTransport"] == "false" : statement.Condition.StringEquals["aws:SourceAccount"] == "123456789012" && statement.Action == ["s3:PutObject"]
    ])
    error_message = "another account can write logs, or a request in clear is taken"
  }
  assert {
    condition     = length(jsondecode(aws_s3_bucket_policy.this[0].policy).Statement) == 3
    error_message = "a statement is missing"
  }
  assert {
    condition     = aws_s3_bucket_public_access_block.this[0].restrict_public_buckets && aws_s3_bucket_lifecycle_configuration.this[0].rule[0].expiration[0].days == 365
    error_message = "the bucket can be opened, or keeps logs for ever"
  }
}

run "a_bucket_made_outside_is_left_alone" {
  command = plan
  variables { existing = true }
  override_data {
    target = data.aws_s3_bucket.existing[0]
    values = { id = "acme-logs" }
  }

  assert {
    condition     = output.bucket == "acme-logs" && length(aws_s3_bucket.this) + length(aws_s3_bucket_policy.this) + length(aws_s3_bucket_lifecycle_configuration.this) == 0
    error_message = "something is made beside an existing bucket"
  }
}

run "an_api_without_tls_gets_no_rule_about_it" {
  command = apply
  variables { require_tls = false }

  assert {
    condition     = length(jsondecode(aws_s3_bucket_policy.this[0].policy).Statement) == 2
    error_message = "the switch changes nothing"
  }
}

run "what_s3_does_not_take_is_refused" {
  command = plan
  variables {
    bucket         = "Acme_Logs"
    retention_days = 0
  }

  expect_failures = [var.bucket, var.retention_days]
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
