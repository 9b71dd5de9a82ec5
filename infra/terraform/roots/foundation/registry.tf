module "registry" {
  source = "../../modules/registry"

  name             = local.name
  repositories     = var.repositories
  existing         = var.existing_repositories
  pulling_accounts = var.pulling_accounts
  kms_key_arn      = module.keys.key_arns["registry"]
  force_delete     = var.force_destroy
  tags             = local.tags
}
