locals {
  arn = local.create ? aws_msk_cluster.this[0].arn : data.aws_msk_cluster.existing[0].arn
}

output "bootstrap_brokers" {
  description = "Addresses of the brokers for clients that log in with IAM over TLS."
  value       = local.create ? aws_msk_cluster.this[0].bootstrap_brokers_sasl_iam : data.aws_msk_cluster.existing[0].bootstrap_brokers_sasl_iam
}

output "arn" {
  description = "ARN of the cluster, to which a role connects."
  value       = local.arn
}

output "topics_arn" {
  description = "ARN that begins those of the cluster's topics; a topic's is TOPICS_ARN/NAME."
  value       = replace(local.arn, ":cluster/", ":topic/")
}

output "groups_arn" {
  description = "ARN that begins those of the cluster's consumer groups; a group's is GROUPS_ARN/NAME."
  value       = replace(local.arn, ":cluster/", ":group/")
}

output "cluster_name" {
  description = "Name of the cluster, as metrics name it."
  value       = local.create ? local.identifier : var.existing
}
