locals {
  clients = var.network.clients_security_group_id == null ? {} : { clients = var.network.clients_security_group_id }
  ranges  = var.network.clients_security_group_id == null ? [var.network.cidr] : []
}

module "database" {
  source = "../../modules/database"

  name                      = local.name
  existing                  = var.database.existing
  engine_version            = var.database.engine_version
  instance_class            = var.database.instance_class
  storage_gib               = var.database.storage_gib
  multi_zone                = var.database.multi_zone
  backup_days               = var.database.backup_days
  deletion_protection       = var.database.deletion_protection
  final_snapshot            = var.database.final_snapshot
  vpc_id                    = var.network.vpc_id
  subnet_ids                = var.network.private_subnet_ids
  client_security_group_ids = local.clients
  client_cidrs              = local.ranges
  kms_key_arn               = var.key_arns.data
  logs_key_arn              = var.key_arns.logs
  log_retention_days        = var.log_retention_days
  performance_insights      = var.capabilities.performance_insights
  parameters                = var.capabilities.database_parameters
  permissions_boundary      = var.permissions_boundary
  tags                      = local.tags
}
