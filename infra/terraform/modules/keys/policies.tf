locals {
  account = data.aws_caller_identity.current.account_id
  iam     = "arn:${data.aws_partition.current.partition}:iam::${local.account}"

  # Named one by one: `kms:*` would take in whatever KMS learns to do later.
  administration = [
    "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:CreateGrant", "kms:DeleteAlias", "kms:DescribeKey",
    "kms:DisableKey", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus",
    "kms:ListAliases", "kms:ListGrants", "kms:ListKeyPolicies", "kms:ListKeyRotations", "kms:ListResourceTags",
    "kms:PutKeyPolicy", "kms:RevokeGrant", "kms:RotateKeyOnDemand", "kms:ScheduleKeyDeletion", "kms:TagResource",
    "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
  ]
  use = [
    "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom", "kms:ReEncryptTo",
  ]

  # CloudWatch Logs calls from the region's own principal and names the log group; others name the account.
  # CloudWatch's alarms name neither.
  service_principals = { "logs.amazonaws.com" = "logs.${data.aws_region.current.name}.amazonaws.com" }
  service_conditions = {
    "cloudwatch.amazonaws.com" = {}
    "logs.amazonaws.com" = {
      ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.name}:${local.account}:*" }
    }
  }

  policies = {
    for purpose, key in local.created : purpose => jsonencode({
      Version = "2012-10-17"
      # In a key's policy the resource * is the key itself.
      Statement = concat(
        [{
          Sid       = "LetIamDecide"
          Effect    = "Allow"
          Principal = { AWS = "${local.iam}:root" }
          Action    = distinct(concat(local.administration, local.use))
          Resource  = "*"
        }],
        [for service in sort(key.services) : {
          Sid       = "Use${replace(title(replace(split(".", service)[0], "-", " ")), " ", "")}"
          Effect    = "Allow"
          Principal = { Service = lookup(local.service_principals, service, service) }
          Action    = local.use
          Resource  = "*"
          Condition = lookup(local.service_conditions, service, { StringEquals = { "aws:SourceAccount" = local.account } })
        }],
        [for role in sort(key.service_linked_roles) : {
          Sid       = "Use${split("/", role)[1]}"
          Effect    = "Allow"
          Principal = { AWS = "${local.iam}:role/aws-service-role/${role}" }
          Action    = local.use
          Resource  = "*"
        }],
        [for role in sort(key.service_linked_roles) : {
          Sid       = "Grant${split("/", role)[1]}"
          Effect    = "Allow"
          Principal = { AWS = "${local.iam}:role/aws-service-role/${role}" }
          Action    = ["kms:CreateGrant"]
          Resource  = "*"
          Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
        }],
      )
    })
  }
}
