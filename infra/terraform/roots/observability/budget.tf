module "budget" {
  source = "../../modules/budget"
  count  = var.budget != null && var.capabilities.budgets ? 1 : 0

  name                 = local.name
  existing             = var.budget.existing
  environment          = var.environment
  monthly_limit_usd    = var.budget.monthly_limit_usd
  thresholds           = var.budget.thresholds
  topic_arn            = module.monitoring.topic_arn
  emails               = var.budget.emails
  actions              = var.budget.actions
  permissions_boundary = var.permissions_boundary
  tags                 = local.tags
}
