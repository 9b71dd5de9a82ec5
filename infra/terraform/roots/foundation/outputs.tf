output "vpc_id" {
  description = "Id of the VPC."
  value       = module.network.vpc_id
}

output "cidr" {
  description = "Address range of the VPC."
  value       = module.network.cidr
}

output "private_subnet_ids" {
  description = "Ids of the private subnets."
  value       = module.network.private_subnet_ids
}

output "public_subnet_ids" {
  description = "Ids of the public subnets."
  value       = module.network.public_subnet_ids
}

output "clients_security_group_id" {
  description = "Security group that data stores admit; null for an existing network that names none."
  value       = module.network.clients_security_group_id
}

output "key_arns" {
  description = "ARN of each key, by purpose."
  value       = module.keys.key_arns
}

output "role_arns" {
  description = "ARN of each role, by name: cluster, nodes and, with CI, publish."
  value       = module.identity.role_arns
}

output "repositories" {
  description = "URL and ARN of each repository, by name."
  value       = module.registry.repositories
}

output "access_log_bucket" {
  description = "Name of the bucket for access logs."
  value       = module.access_logs.bucket
}
