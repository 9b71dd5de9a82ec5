data "aws_s3_bucket" "existing" {
  count = local.create ? 0 : 1

  bucket = var.bucket
}

data "aws_sqs_queue" "existing" {
  count = local.create ? 0 : 1

  name = var.existing.queue
}
