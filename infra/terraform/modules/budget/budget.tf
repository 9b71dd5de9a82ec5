locals {
  create      = var.existing == null
  budget_name = local.create ? "${var.name}-monthly" : var.existing

  notifications = merge(
    { for share in var.thresholds.actual : "actual ${share}" => { kind = "ACTUAL", percent = share } },
    { for share in var.thresholds.forecast : "forecast ${share}" => { kind = "FORECASTED", percent = share } },
  )
}

resource "aws_budgets_budget" "this" {
  count = local.create ? 1 : 0

  name         = local.budget_name
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.monthly_limit_usd)
  limit_unit   = "USD"
  tags         = var.tags

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:Environment$%s", var.environment)]
  }

  dynamic "notification" {
    for_each = local.notifications

    content {
      notification_type          = notification.value.kind
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value.percent
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.emails
      subscriber_sns_topic_arns  = compact([var.topic_arn])
    }
  }
}

data "aws_budgets_budget" "existing" {
  count = local.create ? 0 : 1

  name = var.existing
}
