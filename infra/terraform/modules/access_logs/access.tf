data "aws_caller_identity" "current" {}

locals {
  objects = one([for bucket in aws_s3_bucket.this : "${bucket.arn}/*"])

  deliveries = {
    S3            = "logging.s3.amazonaws.com"
    LoadBalancers = "logdelivery.elasticloadbalancing.amazonaws.com"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  count = local.create ? 1 : 0

  bucket                  = aws_s3_bucket.this[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  count = local.create ? 1 : 0

  bucket = aws_s3_bucket.this[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "this" {
  count = local.create ? 1 : 0

  bucket = aws_s3_bucket.this[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for sid, service in local.deliveries : {
        Sid       = "DeliverLogsOf${sid}"
        Effect    = "Allow"
        Principal = { Service = service }
        Action    = ["s3:PutObject"]
        Resource  = local.objects
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
      }],
      [for required in [var.require_tls] : {
        Sid       = "RefuseWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["s3:*"]
        Resource  = [aws_s3_bucket.this[0].arn, local.objects]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      } if required],
    )
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}
