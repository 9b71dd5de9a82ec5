data "aws_partition" "current" {}

locals {
  created = setsubtract(var.repositories, keys(var.existing))
}

resource "aws_ecr_repository" "this" {
  for_each = local.created

  name                 = "${var.name}/${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.force_delete
  tags                 = var.tags

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }
}

resource "aws_ecr_repository_policy" "this" {
  for_each = length(var.pulling_accounts) > 0 ? aws_ecr_repository.this : {}

  repository = each.value.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Pull"
      Effect    = "Allow"
      Principal = { AWS = [for account in sort(var.pulling_accounts) : "arn:${data.aws_partition.current.partition}:iam::${account}:root"] }
      Action    = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    }]
  })
}

data "aws_ecr_repository" "existing" {
  for_each = var.existing

  name = each.value

  lifecycle {
    postcondition {
      condition     = self.image_tag_mutability == "IMMUTABLE" && one(self.image_scanning_configuration).scan_on_push
      error_message = "Repository ${each.value} lets tags move or is not scanned: set it to immutable tags and scan on push."
    }
  }
}
