resource "aws_cloudwatch_log_group" "this" {
  count = local.create ? 1 : 0

  name              = "/millrace/${local.identifier}/brokers"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
  tags              = var.tags
}
