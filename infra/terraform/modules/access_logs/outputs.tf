output "bucket" {
  description = "Name of the bucket, once logs can be delivered to it."
  value       = local.create ? aws_s3_bucket.this[0].id : data.aws_s3_bucket.existing[0].id
  depends_on  = [aws_s3_bucket_policy.this, aws_s3_bucket_ownership_controls.this]
}
