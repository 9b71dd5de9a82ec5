locals {
  read_bucket_actions = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketVersions"]
  read_object_actions = ["s3:GetObject", "s3:GetObjectVersion"]

  # Writers may supersede and delete, which versioning undoes; no principal may remove a version.
  write_bucket_actions = concat(local.read_bucket_actions, ["s3:ListBucketMultipartUploads"])
  write_object_actions = concat(local.read_object_actions, [
    "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject",
  ])

  grants = {
    for purpose, bucket in var.buckets : purpose => [
      for grant in [
        { sid = "Readers", principals = bucket.readers, actions = concat(local.read_bucket_actions, local.read_object_actions) },
        { sid = "Writers", principals = bucket.writers, actions = concat(local.write_bucket_actions, local.write_object_actions) },
      ] : grant if length(grant.principals) > 0
    ]
  }

  # A bucket without readers, writers or a TLS rule has nothing to say in a policy.
  with_policy = { for purpose, bucket in aws_s3_bucket.this : purpose => bucket if var.require_tls || length(local.grants[purpose]) > 0 }
}

data "aws_iam_policy_document" "this" {
  for_each = local.with_policy

  dynamic "statement" {
    for_each = local.grants[each.key]

    content {
      sid       = statement.value.sid
      actions   = statement.value.actions
      resources = [each.value.arn, "${each.value.arn}/*"]

      principals {
        type        = "AWS"
        identifiers = [for name in statement.value.principals : var.principals[name]]
      }
    }
  }

  dynamic "statement" {
    for_each = var.require_tls ? [true] : []

    content {
      sid       = "RefuseWithoutTls"
      effect    = "Deny"
      actions   = ["s3:*"]
      resources = [each.value.arn, "${each.value.arn}/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "Bool"
        variable = "aws:SecureTransport"
        values   = ["false"]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.with_policy

  bucket = each.value.id
  policy = data.aws_iam_policy_document.this[each.key].json

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = var.block_public_access ? aws_s3_bucket.this : {}

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true

  depends_on = [aws_s3_bucket_versioning.this]
}
