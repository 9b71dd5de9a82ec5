locals {
  # Who may do what with each bucket; model files go through the tracking server, so jobs need no key to them.
  purposes = {
    datasets    = { versioning = "retain", writers = ["jobs"], readers = [] }
    pipelines   = { versioning = "expire", writers = ["jobs"], readers = [] }
    models      = { versioning = "retain", writers = ["tracking"], readers = [] }
    releases    = { versioning = "retain", writers = ["delivery"], readers = [] }
    predictions = { versioning = "expire", writers = ["recorder"], readers = ["jobs"] }
  }
}

module "object_store" {
  source = "../../modules/object_store"

  buckets = {
    for purpose, settings in local.purposes : purpose => merge(settings, { name = var.bucket_names[purpose] })
  }
  principals          = var.principals
  retention_days      = var.retention_days
  force_destroy       = var.force_destroy
  kms_key_arn         = var.kms_key_arn
  require_tls         = var.capabilities.require_tls
  block_public_access = var.capabilities.block_public_access
  access_logging      = var.capabilities.access_logging
  access_log_bucket   = var.access_log_bucket
  tags                = { environment = var.environment, managed_by = "millrace" }
}
