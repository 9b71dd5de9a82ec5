module "edge" {
  source = "../../modules/edge"
  count  = var.edge == null ? 0 : 1

  name               = local.name
  bucket             = var.edge.bucket
  existing           = var.edge.existing
  retention_days     = var.retention_days
  kms_key_arn        = var.key_arns.data
  access_log_bucket  = var.access_log_bucket
  require_tls        = var.capabilities.require_tls
  redrive_permission = var.capabilities.redrive_permission
  force_destroy      = var.force_destroy
  tags               = local.tags
}
