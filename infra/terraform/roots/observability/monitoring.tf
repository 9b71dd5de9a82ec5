module "monitoring" {
  source = "../../modules/monitoring"

  name               = local.name
  existing           = var.workspace
  rules              = var.rules
  alertmanager       = var.capabilities.alertmanager
  workspace_key      = var.capabilities.workspace_key
  kms_key_arn        = var.key_arns.data
  alerts_key_arn     = var.key_arns.alerts
  logs_key_arn       = var.key_arns.logs
  log_retention_days = var.log_retention_days
  subscribers        = var.subscribers
  alarms             = merge(local.alarms, var.alarms)
  tags               = local.tags
}
