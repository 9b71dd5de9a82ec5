locals {
  create = !var.existing
}

# Log delivery can encrypt with S3's own keys alone, and a log of the log would never end.
resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_145:S3 and load balancers deliver logs only to buckets under S3's own keys
  #checkov:skip=CKV_AWS_18:this bucket holds the access logs of all others
  #checkov:skip=CKV_AWS_144:logs are not copied to a second region
  #checkov:skip=CKV2_AWS_62:nobody waits for a log
  count = local.create ? 1 : 0

  bucket        = var.bucket
  force_destroy = var.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_versioning" "this" {
  count = local.create ? 1 : 0

  bucket = aws_s3_bucket.this[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  count = local.create ? 1 : 0

  bucket = aws_s3_bucket.this[0].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count = local.create ? 1 : 0

  bucket = aws_s3_bucket.this[0].id

  rule {
    id     = "old-logs"
    status = "Enabled"

    filter {}

    expiration {
      days = var.retention_days
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # A rule about superseded versions means nothing before there are any.
  depends_on = [aws_s3_bucket_versioning.this]
}

data "aws_s3_bucket" "existing" {
  count = local.create ? 0 : 1

  bucket = var.bucket
}
