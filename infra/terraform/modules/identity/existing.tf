locals {
  trusted = {
    for name in keys(var.existing) : name => lookup(local.service_principals, name, contains(keys(var.workloads), name) ? local.cluster_issuer : local.ci_issuer)
  }
}

data "aws_iam_role" "existing" {
  for_each = var.existing

  name = basename(each.value)

  lifecycle {
    postcondition {
      condition     = strcontains(self.assume_role_policy, local.trusted[each.key])
      error_message = "Role ${each.value} cannot be taken by ${local.trusted[each.key]}: add that to its trust policy, or leave the role ${each.key} to be made here."
    }
  }
}
