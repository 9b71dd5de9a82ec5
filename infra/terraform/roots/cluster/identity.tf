module "identity" {
  source = "../../modules/identity"

  name         = local.name
  existing     = var.existing_roles
  cluster_oidc = { issuer_url = module.cluster.oidc_issuer_url, provider_arn = var.cluster.provider_arn }

  workloads = merge(
    { for name, statements in local.statements : name => { namespace = var.namespace, service_account = name, managed_policies = [], statements = statements } },
    {
      ebs-csi = {
        namespace        = "kube-system"
        service_account  = "ebs-csi-controller-sa"
        managed_policies = ["arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"]
        statements = [
          { actions = local.key_use, resources = [var.key_arns.cluster] },
          { actions = ["kms:CreateGrant"], resources = [var.key_arns.cluster], conditions = { Bool = { "kms:GrantIsForAWSResource" = ["true"] } } },
        ]
      }
    },
    var.workloads,
  )

  permissions_boundary = var.permissions_boundary
  tags                 = local.tags
}

data "aws_partition" "current" {}
