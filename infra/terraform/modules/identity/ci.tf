locals {
  ci_roles = { for name, role in var.ci_roles : name => role if !contains(keys(var.existing), name) }

  ci_issuer   = trimprefix(try(var.ci_oidc.issuer_url, ""), "https://")
  ci_provider = one(concat(aws_iam_openid_connect_provider.ci[*].arn, compact(var.ci_oidc[*].provider_arn)))
}

resource "aws_iam_openid_connect_provider" "ci" {
  count = try(var.ci_oidc.provider_arn, "none") == null ? 1 : 0

  url            = var.ci_oidc.issuer_url
  client_id_list = [var.ci_oidc.audience]
  tags           = merge(var.tags, { Name = "${var.name}-ci" })
}

resource "aws_iam_role" "ci" {
  for_each = local.ci_roles

  name                 = "${var.name}-${each.key}"
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = local.ci_provider }
      Condition = {
        StringEquals = {
          "${local.ci_issuer}:aud" = var.ci_oidc.audience
          "${local.ci_issuer}:sub" = sort(each.value.subjects)
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "ci" {
  for_each = local.ci_roles

  name   = "may"
  role   = aws_iam_role.ci[each.key].id
  policy = local.policies[each.key]
}
