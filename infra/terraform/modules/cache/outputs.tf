output "endpoint" {
  description = "Host name of the primary."
  value       = local.create ? aws_elasticache_replication_group.this[0].primary_endpoint_address : data.aws_elasticache_replication_group.existing[0].primary_endpoint_address
}

output "port" {
  description = "Port of the primary."
  value       = local.create ? local.port : data.aws_elasticache_replication_group.existing[0].port
}

output "arn" {
  description = "ARN of the replication group: with a user's, what a role needs to connect."
  value       = local.create ? aws_elasticache_replication_group.this[0].arn : data.aws_elasticache_replication_group.existing[0].arn
}

output "users" {
  description = "Name and ARN of each user; empty for an existing cache."
  value       = { for name, user in aws_elasticache_user.this : name => { name = user.user_name, arn = user.arn } }
}

output "member_ids" {
  description = "Ids of the nodes, as metrics name them."
  value       = local.create ? aws_elasticache_replication_group.this[0].member_clusters : data.aws_elasticache_replication_group.existing[0].member_clusters
}
