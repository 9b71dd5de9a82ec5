module "events" {
  source = "../../modules/events"
  count  = var.events != null && var.capabilities.kafka_clusters ? 1 : 0

  name                      = local.name
  existing                  = var.events.existing
  kafka_version             = var.events.kafka_version
  broker                    = var.events.broker
  retention_hours           = var.events.retention_hours
  vpc_id                    = var.network.vpc_id
  subnet_ids                = var.network.private_subnet_ids
  client_security_group_ids = local.clients
  client_cidrs              = local.ranges
  kms_key_arn               = var.key_arns.data
  logs_key_arn              = var.key_arns.logs
  log_retention_days        = var.log_retention_days
  tags                      = local.tags
}
