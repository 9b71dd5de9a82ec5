# With IAM, ElastiCache demands that a user's id and name are the same.
resource "aws_elasticache_user" "this" {
  for_each = local.create ? var.users : {}

  user_id       = "${var.name}-${each.key}"
  user_name     = "${var.name}-${each.key}"
  engine        = "valkey"
  access_string = each.value
  tags          = var.tags

  authentication_mode {
    type = "iam"
  }
}

resource "aws_elasticache_user_group" "this" {
  count = local.create ? 1 : 0

  user_group_id = local.identifier
  engine        = "valkey"
  user_ids      = [for user in aws_elasticache_user.this : user.user_id]
  tags          = var.tags
}
