locals {
  # What is named by version or digest stays; what can be made again goes after a while.
  versioning = {
    datasets    = "retain"
    pipelines   = "expire"
    models      = "retain"
    releases    = "retain"
    predictions = "expire"
  }
}

# Roles carry what they may do with each bucket (root module cluster), so that no bucket waits for a role.
module "object_store" {
  source = "../../modules/object_store"

  buckets = {
    for purpose, versioning in local.versioning : purpose => { name = var.bucket_names[purpose], versioning = versioning }
    if !contains(var.existing_buckets, purpose)
  }
  retention_days    = coalesce(var.retention_days, 30)
  force_destroy     = var.force_destroy
  kms_key_arn       = var.key_arns.data
  require_tls       = var.capabilities.require_tls
  access_log_bucket = var.access_log_bucket
  tags              = local.tags
}

data "aws_s3_bucket" "existing" {
  for_each = var.existing_buckets

  bucket = var.bucket_names[each.key]
}
