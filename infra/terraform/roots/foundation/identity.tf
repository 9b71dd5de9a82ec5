locals {
  # What publishing an image takes; logging in to the registry knows no resource.
  publishing = [
    {
      actions = [
        "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
        "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
      ]
      resources = [for repository in module.registry.repositories : repository.arn]
    },
    { actions = ["ecr:GetAuthorizationToken"], resources = ["*"] },
  ]
}

module "identity" {
  source = "../../modules/identity"

  name            = local.name
  existing        = var.existing_roles
  service_roles   = ["cluster", "nodes"]
  cluster_key_arn = module.keys.key_arns["cluster"]

  ci_oidc  = var.ci
  ci_roles = var.ci == null ? {} : { publish = { subjects = var.ci.subjects, statements = local.publishing } }

  permissions_boundary = var.permissions_boundary
  tags                 = local.tags
}
