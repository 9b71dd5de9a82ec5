output "bucket" {
  description = "Name and ARN of the bucket, once its objects become messages."
  value = {
    name = local.create ? aws_s3_bucket.this[0].id : data.aws_s3_bucket.existing[0].id
    arn  = local.create ? aws_s3_bucket.this[0].arn : data.aws_s3_bucket.existing[0].arn
  }
  depends_on = [aws_s3_bucket_notification.this, aws_s3_bucket_policy.this]
}

output "queue" {
  description = "Name, URL and ARN of the queue."
  value = {
    name = local.create ? aws_sqs_queue.this[0].name : var.existing.queue
    url  = local.create ? aws_sqs_queue.this[0].url : data.aws_sqs_queue.existing[0].url
    arn  = local.create ? aws_sqs_queue.this[0].arn : data.aws_sqs_queue.existing[0].arn
  }
}

output "dead_letter_queue_name" {
  description = "Name of the queue of messages laid aside, for alarms; null for an existing queue."
  value       = one(aws_sqs_queue.dead_letters[*].name)
}
