output "buckets" {
  description = "Name and ARN of each bucket, by purpose, once it is ready for use (versioned and under its policy)."
  value       = { for purpose, bucket in aws_s3_bucket.this : purpose => { name = bucket.bucket, arn = bucket.arn } }
  depends_on  = [aws_s3_bucket_policy.this]
}
