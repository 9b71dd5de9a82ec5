resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:objects are not copied to a second region: old versions and backups stay in one
  #checkov:skip=CKV2_AWS_62:pipelines run by schedule and by event bus, nobody waits for an object
  for_each = var.buckets

  bucket        = each.value.name
  force_destroy = var.force_destroy
  tags          = merge(var.tags, { purpose = each.key })
}

# A bucket's settings are made one kind after the other (versioning, public access, policy, encryption,
# logging, lifecycle): S3 answers 409 to some that meet, and SeaweedFS loses one of two written at once.
resource "aws_s3_bucket_versioning" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    id     = "incomplete-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  dynamic "rule" {
    for_each = var.buckets[each.key].versioning == "expire" ? [var.retention_days] : []

    content {
      id     = "superseded-versions"
      status = "Enabled"

      filter {}

      noncurrent_version_expiration {
        noncurrent_days = rule.value
      }

      expiration {
        expired_object_delete_marker = true
      }
    }
  }

  depends_on = [aws_s3_bucket_logging.this]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = var.kms_key_arn == null ? {} : aws_s3_bucket.this

  bucket = each.value.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }

  depends_on = [aws_s3_bucket_policy.this]
}

resource "aws_s3_bucket_logging" "this" {
  for_each = var.access_logging ? aws_s3_bucket.this : {}

  bucket        = each.value.id
  target_bucket = var.access_log_bucket
  target_prefix = "${each.value.id}/"

  depends_on = [aws_s3_bucket_server_side_encryption_configuration.this]
}
