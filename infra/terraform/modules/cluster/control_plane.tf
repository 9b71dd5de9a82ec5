locals {
  create = var.existing == null

  # Every kind of log that the control plane writes.
  log_types = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
}

# Made before the cluster, which would make one without key and retention.
resource "aws_cloudwatch_log_group" "this" {
  count = local.create ? 1 : 0

  name              = "/aws/eks/${var.name}/cluster"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
  tags              = var.tags
}

resource "aws_eks_cluster" "this" {
  count = local.create ? 1 : 0

  name                      = var.name
  version                   = var.kubernetes_version
  role_arn                  = var.cluster_role_arn
  enabled_cluster_log_types = local.log_types
  tags                      = var.tags

  vpc_config {
    subnet_ids              = var.subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = length(var.public_api_cidrs) > 0
    public_access_cidrs     = length(var.public_api_cidrs) > 0 ? var.public_api_cidrs : null
  }

  kubernetes_network_config {
    service_ipv4_cidr = var.service_cidr
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = var.kms_key_arn
    }
  }

  dynamic "access_config" {
    for_each = var.access_mode == "CONFIG_MAP" ? [] : [var.access_mode]

    content {
      authentication_mode                         = access_config.value
      bootstrap_cluster_creator_admin_permissions = false
    }
  }

  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_vpc_security_group_ingress_rule" "api" {
  for_each = local.create ? var.api_cidrs : []

  security_group_id = aws_eks_cluster.this[0].vpc_config[0].cluster_security_group_id
  description       = "The API, from ${each.key}."
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = var.tags
}
