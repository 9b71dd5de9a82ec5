locals {
  workloads = { for name, workload in var.workloads : name => workload if !contains(keys(var.existing), name) }

  cluster_issuer   = trimprefix(try(var.cluster_oidc.issuer_url, ""), "https://")
  cluster_provider = one(concat(aws_iam_openid_connect_provider.cluster[*].arn, compact(var.cluster_oidc[*].provider_arn)))
}

resource "aws_iam_openid_connect_provider" "cluster" {
  count = try(var.cluster_oidc.provider_arn, "none") == null ? 1 : 0

  url            = var.cluster_oidc.issuer_url
  client_id_list = ["sts.amazonaws.com"]
  tags           = merge(var.tags, { Name = "${var.name}-cluster" })
}

resource "aws_iam_role" "workload" {
  for_each = local.workloads

  name                 = "${var.name}-${each.key}"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = local.cluster_provider }
      Condition = {
        StringEquals = {
          "${local.cluster_issuer}:aud" = "sts.amazonaws.com"
          "${local.cluster_issuer}:sub" = "system:serviceaccount:${each.value.namespace}:${each.value.service_account}"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "workload" {
  for_each = { for name, workload in local.workloads : name => workload if length(workload.statements) > 0 }

  name   = "may"
  role   = aws_iam_role.workload[each.key].id
  policy = local.policies[each.key]
}

resource "aws_iam_role_policy_attachment" "workload" {
  for_each = merge([
    for name, workload in local.workloads : { for arn in workload.managed_policies : "${name}/${basename(arn)}" => { role = name, arn = arn } }
  ]...)

  role       = aws_iam_role.workload[each.value.role].name
  policy_arn = each.value.arn
}
