data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  stopped_roles = distinct(flatten([for action in var.actions : tolist(action.roles)]))
  acts          = length(var.actions) > 0 ? 1 : 0
}

# A denial must hold for everything: what a name could be left out of, it would not stop.
resource "aws_iam_policy" "stop" {
  count = local.acts

  name        = "${var.name}-over-budget"
  description = "Starts nothing more that costs; attached when the budget is spent."
  tags        = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "StartNothingMore"
      Effect = "Deny"
      Action = [
        "autoscaling:SetDesiredCapacity", "autoscaling:UpdateAutoScalingGroup", "ec2:RunInstances", "ec2:StartInstances",
        "eks:CreateCluster", "eks:CreateNodegroup", "eks:UpdateNodegroupConfig", "elasticache:CreateReplicationGroup",
        "kafka:CreateCluster", "kafka:CreateClusterV2", "rds:CreateDBInstance", "rds:StartDBInstance",
      ]
      Resource = "*"
    }]
  })
}

resource "aws_iam_role" "action" {
  count = local.acts

  name                 = "${var.name}-budget-action"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "budgets.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "action" {
  count = local.acts

  name = "stop-roles"
  role = aws_iam_role.action[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
      Resource  = [for role in sort(local.stopped_roles) : "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/${role}"]
      Condition = { ArnEquals = { "iam:PolicyARN" = aws_iam_policy.stop[0].arn } }
    }]
  })
}

resource "aws_budgets_budget_action" "this" {
  for_each = var.actions

  budget_name        = local.create ? aws_budgets_budget.this[0].name : data.aws_budgets_budget.existing[0].name
  action_type        = "APPLY_IAM_POLICY"
  approval_model     = each.value.automatic ? "AUTOMATIC" : "MANUAL"
  notification_type  = "ACTUAL"
  execution_role_arn = aws_iam_role.action[0].arn
  tags               = var.tags

  action_threshold {
    action_threshold_type  = "PERCENTAGE"
    action_threshold_value = each.value.percent
  }

  definition {
    iam_action_definition {
      policy_arn = aws_iam_policy.stop[0].arn
      roles      = each.value.roles
    }
  }

  dynamic "subscriber" {
    for_each = concat([for arn in compact([var.topic_arn]) : { kind = "SNS", address = arn }], [for address in var.emails : { kind = "EMAIL", address = address }])

    content {
      subscription_type = subscriber.value.kind
      address           = subscriber.value.address
    }
  }

  depends_on = [aws_iam_role_policy.action]
}
