resource "aws_cloudwatch_log_group" "this" {
  for_each = var.log_groups

  name              = "/millrace/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
  tags              = var.tags
}
