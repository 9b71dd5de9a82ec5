data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  created  = { for purpose, key in var.keys : purpose => key if key.existing == null }
  existing = { for purpose, key in var.keys : purpose => key.existing if key.existing != null }
}

resource "aws_kms_key" "this" {
  for_each = local.created

  description             = each.value.description
  deletion_window_in_days = var.deletion_window_days
  enable_key_rotation     = true
  rotation_period_in_days = var.rotation_days
  policy                  = local.policies[each.key]
  tags                    = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_kms_alias" "this" {
  for_each = aws_kms_key.this

  name          = "alias/${var.name}/${each.key}"
  target_key_id = each.value.key_id
}

data "aws_kms_key" "existing" {
  for_each = local.existing

  key_id = each.value

  lifecycle {
    postcondition {
      condition     = self.enabled && self.customer_master_key_spec == "SYMMETRIC_DEFAULT"
      error_message = "Key ${each.value} is disabled, or not a symmetric key for encryption: enable it or give another."
    }
  }
}
