data "aws_caller_identity" "current" {}

locals {
  day_s = 86400

  refuse_without_tls = {
    Sid       = "RefuseWithoutTls"
    Effect    = "Deny"
    Principal = "*"
    Action    = ["sqs:*"]
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }
}

resource "aws_sqs_queue" "dead_letters" {
  count = local.create ? 1 : 0

  name                      = "${var.name}-edge-dead-letters"
  kms_master_key_id         = var.kms_key_arn
  message_retention_seconds = 14 * local.day_s
  tags                      = var.tags
}

resource "aws_sqs_queue" "this" {
  count = local.create ? 1 : 0

  name                       = "${var.name}-edge"
  kms_master_key_id          = var.kms_key_arn
  visibility_timeout_seconds = var.handling_s
  message_retention_seconds  = 4 * local.day_s
  receive_wait_time_seconds  = 20
  tags                       = var.tags

  lifecycle {
    # Each has a resource of its own below.
    ignore_changes = [policy, redrive_policy]
  }
}

resource "aws_sqs_queue_redrive_policy" "this" {
  count = local.create ? 1 : 0

  queue_url = aws_sqs_queue.this[0].id

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters[0].arn
    maxReceiveCount     = var.attempts
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "this" {
  count = local.create && var.redrive_permission ? 1 : 0

  queue_url = aws_sqs_queue.dead_letters[0].id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.this[0].arn]
  })
}

resource "aws_sqs_queue_policy" "this" {
  count = local.create ? 1 : 0

  queue_url = aws_sqs_queue.this[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "TellOfObjects"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = ["sqs:SendMessage"]
        Resource  = aws_sqs_queue.this[0].arn
        Condition = {
          ArnEquals    = { "aws:SourceArn" = aws_s3_bucket.this[0].arn }
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        }
      }],
      [for required in [var.require_tls] : merge(local.refuse_without_tls, { Resource = aws_sqs_queue.this[0].arn }) if required],
    )
  })

  # Nobody may send before the queue is complete.
  depends_on = [aws_sqs_queue_redrive_policy.this]
}

resource "aws_sqs_queue_policy" "dead_letters" {
  count = local.create && var.require_tls ? 1 : 0

  queue_url = aws_sqs_queue.dead_letters[0].id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [merge(local.refuse_without_tls, { Resource = aws_sqs_queue.dead_letters[0].arn })]
  })
}

resource "aws_s3_bucket_notification" "this" {
  count = local.create ? 1 : 0

  bucket = aws_s3_bucket.this[0].id

  queue {
    id            = "incoming"
    queue_arn     = aws_sqs_queue.this[0].arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = var.incoming_prefix
  }

  depends_on = [aws_sqs_queue_policy.this]
}
