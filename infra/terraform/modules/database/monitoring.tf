data "aws_partition" "current" {}

locals {
  log_kinds = ["postgresql", "upgrade"]
}

# Made before the instance, which would make them without key and retention.
resource "aws_cloudwatch_log_group" "this" {
  for_each = local.create ? toset(local.log_kinds) : []

  name              = "/aws/rds/instance/${local.identifier}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
  tags              = var.tags
}

resource "aws_iam_role" "monitoring" {
  count = local.create ? 1 : 0

  name                 = "${local.identifier}-monitoring"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  count = local.create ? 1 : 0

  role       = aws_iam_role.monitoring[0].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
