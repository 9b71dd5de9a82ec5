module "cache" {
  source = "../../modules/cache"
  count  = var.cache != null && var.capabilities.replication_groups ? 1 : 0

  name                      = local.name
  existing                  = var.cache.existing
  engine_version            = var.cache.engine_version
  node_type                 = var.cache.node_type
  replicas                  = var.cache.replicas
  snapshot_days             = var.cache.snapshot_days
  vpc_id                    = var.network.vpc_id
  subnet_ids                = var.network.private_subnet_ids
  client_security_group_ids = local.clients
  client_cidrs              = local.ranges
  kms_key_arn               = var.key_arns.data
  logs_key_arn              = var.key_arns.logs
  log_retention_days        = var.log_retention_days
  tags                      = local.tags
}
