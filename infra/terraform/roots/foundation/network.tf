module "network" {
  source = "../../modules/network"

  name                    = local.name
  existing                = var.network.existing
  cidr                    = var.network.cidr
  zones                   = var.network.zones
  nat                     = var.network.nat
  reserved_cidrs          = var.network.reserved_cidrs
  interface_endpoints     = var.network.interface_endpoints
  kms_key_arn             = module.keys.key_arns["logs"]
  flow_log_retention_days = var.log_retention_days
  permissions_boundary    = var.permissions_boundary
  tags                    = local.tags
}
