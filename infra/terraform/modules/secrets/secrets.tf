locals {
  created = { for name, secret in var.secrets : name => secret if secret.existing == null }
}

# The shell of a secret alone: a value given to Terraform would lie in its state.
resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:the values are others' credentials, which only their owner can change
  for_each = local.created

  name                    = "${var.name}/${each.key}"
  description             = each.value.description
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_days
  tags                    = var.tags
}

resource "aws_secretsmanager_secret_policy" "this" {
  for_each = var.require_tls ? aws_secretsmanager_secret.this : {}

  secret_arn          = each.value.arn
  block_public_policy = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RefuseWithoutTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = ["secretsmanager:*"]
      Resource  = "*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

data "aws_secretsmanager_secret" "existing" {
  for_each = { for name, secret in var.secrets : name => secret.existing if secret.existing != null }

  arn = each.value

  lifecycle {
    postcondition {
      condition     = startswith(coalesce(self.kms_key_id, "none"), "arn:")
      error_message = "Secret ${each.value} lies under AWS's own key: give it a key of yours (`aws secretsmanager update-secret --kms-key-id`)."
    }
  }
}
