mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::acme-edge" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:us-east-1:123456789012:edge", url = "https://sqs/edge" }
  }
}

variables {
  name              = "millrace-test"
  bucket            = "acme-edge"
  kms_key_arn       = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  access_log_bucket = "acme-logs"
}

run "each_object_that_comes_in_is_a_message_and_nobody_else_sends_one" {
  command = apply

  assert {
    condition     = aws_s3_bucket_notification.this[0].queue[0].filter_prefix == "incoming/" && aws_s3_bucket_notification.this[0].queue[0].events == toset(["s3:ObjectCreated:*"])
    error_message = "other objects than the incoming ones become messages"
  }
  assert {
    condition = jsondecode(aws_sqs_queue_policy.this[0].policy).Statement[0].Condition == {
      ArnEquals    = { "aws:SourceArn" = "arn:aws:s3:::acme-edge" }
      StringEquals = { "aws:SourceAccount" = "123456789012" }
    }
    error_message = "another bucket could send messages"
  }
  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount == 5 && aws_sqs_queue.this[0].kms_master_key_id == var.kms_key_arn && aws_sqs_queue.dead_letters[0].kms_master_key_id == var.kms_key_arn
    error_message = "messages are tried for ever, or lie in clear"
  }
  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_allow_policy.this[0].redrive_allow_policy).redrivePermission == "byQueue"
    error_message = "any queue could lay messages aside here"
  }
  assert {
    condition = alltrue([
      for policy in [aws_s3_bucket_policy.this[0].policy, aws_sqs_queue_policy.this[0].policy, aws_sqs_queue_policy.dead_letters[0].policy] :
      contains([for statement in jsondecode(policy).Statement : statement.Sid], "RefuseWithoutTls")
    ])
    error_message = "a request in clear is taken"
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this[0].rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn && aws_s3_bucket_public_access_block.this[0].block_public_policy && aws_s3_bucket_logging.this[0].target_bucket == "acme-logs"
    error_message = "the bucket is in clear, open or not logged"
  }
}

run "what_was_made_outside_is_used" {
  command = plan
  variables {
    existing          = { queue = "theirs" }
    kms_key_arn       = null
    access_log_bucket = null
  }
  override_data {
    target = data.aws_sqs_queue.existing[0]
    values = { arn = "arn:theirs", url = "https://theirs" }
  }

  assert {
    condition     = output.queue == { name = "theirs", url = "https://theirs", arn = "arn:theirs" } && output.dead_letter_queue_name == null
    error_message = "an existing queue does not yield its own outputs"
  }
  assert {
    condition     = length(aws_s3_bucket.this) + length(aws_sqs_queue.this) + length(aws_s3_bucket_notification.this) + length(aws_s3_bucket_policy.this) == 0
    error_message = "something is made beside what exists"
  }
}

run "an_api_without_tls_or_redrive_permission_gets_no_rule_about_it" {
  command = plan
  variables {
    require_tls        = false
    redrive_permission = false
  }

  assert {
    condition     = length(aws_sqs_queue_redrive_allow_policy.this) + length(aws_s3_bucket_policy.this) + length(aws_sqs_queue_policy.dead_letters) == 0
    error_message = "the switch changes nothing"
  }
}

run "what_s3_and_sqs_do_not_take_is_refused" {
  command = plan
  variables {
    name              = "T"
    bucket            = "Edge"
    incoming_prefix   = ""
    retention_days    = 0.5
    handling_s        = 1
    attempts          = 0
    kms_key_arn       = null
    access_log_bucket = null
  }

  expect_failures = [var.name, var.bucket, var.incoming_prefix, var.retention_days, var.handling_s, var.attempts, var.kms_key_arn, var.access_log_bucket]
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
