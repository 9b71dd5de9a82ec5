resource "aws_prometheus_rule_group_namespace" "this" {
  for_each = local.create ? var.rules : {}

  workspace_id = local.workspace_id
  name         = each.key
  data         = each.value
  tags         = var.tags
}
