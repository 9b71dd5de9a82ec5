locals {
  create       = var.existing == null
  workspace_id = local.create ? aws_prometheus_workspace.this[0].id : data.aws_prometheus_workspace.existing[0].workspace_id
}

resource "aws_prometheus_workspace" "this" {
  count = local.create ? 1 : 0

  alias       = var.name
  kms_key_arn = var.workspace_key ? var.kms_key_arn : null
  tags        = merge(var.tags, { Name = var.name })

  logging_configuration {
    log_group_arn = "${aws_cloudwatch_log_group.workspace[0].arn}:*"
  }
}

# AMP may write only to groups whose name begins so.
resource "aws_cloudwatch_log_group" "workspace" {
  count = local.create ? 1 : 0

  name              = "/aws/vendedlogs/prometheus/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
  tags              = var.tags
}

data "aws_prometheus_workspace" "existing" {
  count = local.create ? 0 : 1

  workspace_id = var.existing
}
