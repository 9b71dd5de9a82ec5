locals {
  service_roles = setsubtract(var.service_roles, keys(var.existing))

  service_principals = { cluster = "eks.amazonaws.com", nodes = "ec2.amazonaws.com" }
  service_actions    = { cluster = ["sts:AssumeRole", "sts:TagSession"], nodes = ["sts:AssumeRole"] }
  service_policies = {
    cluster = ["AmazonEKSClusterPolicy"]
    nodes   = ["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly"]
  }
}

resource "aws_iam_role" "service" {
  for_each = local.service_roles

  name                 = "${var.name}-${each.key}"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = local.service_actions[each.key]
      Principal = { Service = local.service_principals[each.key] }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "service" {
  for_each = merge([
    for role in local.service_roles : { for policy in local.service_policies[role] : "${role}/${policy}" => { role = role, policy = policy } }
  ]...)

  role       = aws_iam_role.service[each.value.role].name
  policy_arn = "${local.managed}/${each.value.policy}"
}

resource "aws_iam_role_policy" "cluster_key" {
  count = contains(local.service_roles, "cluster") ? 1 : 0

  name = "encrypt-secrets"
  role = aws_iam_role.service["cluster"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ListGrants"]
      Resource = [var.cluster_key_arn]
    }]
  })
}
