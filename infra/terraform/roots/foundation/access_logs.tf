module "access_logs" {
  source = "../../modules/access_logs"

  bucket         = var.access_log_bucket.name
  existing       = var.access_log_bucket.existing
  retention_days = var.log_retention_days
  require_tls    = var.capabilities.require_tls
  force_destroy  = var.force_destroy
  tags           = local.tags
}
