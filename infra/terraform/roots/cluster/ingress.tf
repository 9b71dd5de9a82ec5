module "ingress" {
  source = "../../modules/ingress"
  count  = var.ingress == null ? 0 : 1

  name                = local.name
  existing            = var.ingress.existing
  zone                = var.ingress.zone
  hosts               = var.ingress.hosts
  certificate_arn     = var.ingress.certificate_arn
  vpc_id              = var.network.vpc_id
  subnet_ids          = var.ingress.internet_facing ? var.network.public_subnet_ids : var.network.private_subnet_ids
  internet_facing     = var.ingress.internet_facing
  allowed_cidrs       = var.ingress.allowed_cidrs
  firewall            = var.ingress.firewall
  requests_per_5_min  = var.ingress.requests_per_5_min
  gateway             = var.ingress.gateway
  deletion_protection = var.ingress.deletion_protection

  # A managed node group has one Auto Scaling group.
  autoscaling_group_names = var.cluster.existing != null ? {} : { for group in var.ingress.gateway_groups : group => module.cluster.autoscaling_group_names[group][0] }
  attachments             = var.capabilities.attachments
  node_security_group_id  = module.cluster.node_security_group_id

  access_log_bucket  = var.access_log_bucket
  logs_key_arn       = var.key_arns.logs
  log_retention_days = var.log_retention_days
  tags               = local.tags
}
