locals {
  cluster = one(concat(aws_eks_cluster.this, data.aws_eks_cluster.existing))
}

output "name" {
  description = "Name of the cluster."
  value       = local.cluster.name
}

output "endpoint" {
  description = "Address of the API."
  value       = local.cluster.endpoint
}

output "certificate_authority" {
  description = "Certificate of the authority that signs the API's, base64 of PEM."
  value       = local.cluster.certificate_authority[0].data
}

output "oidc_issuer_url" {
  description = "Issuer of the service accounts' tokens."
  value       = local.cluster.identity[0].oidc[0].issuer
}

output "security_group_id" {
  description = "Security group that EKS puts on control plane and nodes; name it as the source that databases and caches admit."
  value       = local.cluster.vpc_config[0].cluster_security_group_id
}

output "node_security_group_id" {
  description = "Security group of the nodes for what reaches them from outside; null for an existing cluster."
  value       = one(aws_security_group.nodes[*].id)
}

output "autoscaling_group_names" {
  description = "Auto Scaling groups of each node group, by its name; empty for an existing cluster."
  value       = { for name, group in aws_eks_node_group.this : name => group.resources[0].autoscaling_groups[*].name }
}
