module "secrets" {
  source = "../../modules/secrets"

  name          = local.name
  secrets       = var.secrets
  kms_key_arn   = var.key_arns.secrets
  recovery_days = var.secret_recovery_days
  require_tls   = var.capabilities.require_tls
  tags          = local.tags
}
