output "workspace" {
  description = "Id, ARN and address of the Prometheus workspace."
  value       = module.monitoring.workspace
}

output "topic_arn" {
  description = "Topic that tells of alarms and alerts."
  value       = module.monitoring.topic_arn
}

output "log_groups" {
  description = "Name and ARN of each group of the platform's own logs."
  value       = module.monitoring.log_groups
}

output "budget_name" {
  description = "Name of the budget; null if there is none."
  value       = one(module.budget[*].name)
}
