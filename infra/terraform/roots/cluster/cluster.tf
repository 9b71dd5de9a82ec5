locals {
  # The driver of volumes calls EC2 under a role of its own; what a node may do is not enough and would be too much.
  addons = {
    vpc-cni            = {}
    kube-proxy         = {}
    coredns            = {}
    metrics-server     = {}
    aws-ebs-csi-driver = { role_arn = module.identity.role_arns["ebs-csi"] }
  }
}

module "cluster" {
  source = "../../modules/cluster"

  name                    = local.name
  existing                = var.cluster.existing
  kubernetes_version      = var.cluster.kubernetes_version
  vpc_id                  = var.network.vpc_id
  subnet_ids              = var.network.private_subnet_ids
  cluster_role_arn        = var.role_arns.cluster
  node_role_arn           = var.role_arns.nodes
  kms_key_arn             = var.key_arns.cluster
  logs_key_arn            = var.key_arns.logs
  log_retention_days      = var.log_retention_days
  service_cidr            = var.cluster.service_cidr
  api_cidrs               = var.cluster.api_cidrs
  public_api_cidrs        = var.cluster.public_api_cidrs
  access_mode             = var.capabilities.access_entries ? "API" : "CONFIG_MAP"
  access_entries          = var.cluster.access_entries
  addons                  = var.capabilities.addons
  addon_settings          = { for name, addon in local.addons : name => merge(addon, { version = lookup(var.cluster.addon_versions, name, null) }) }
  launch_template_tags    = var.capabilities.launch_template_tags
  node_groups             = var.cluster.node_groups
  node_security_group_ids = compact([var.network.clients_security_group_id])
  tags                    = local.tags
}
