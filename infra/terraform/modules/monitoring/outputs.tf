output "workspace" {
  description = "Id, ARN and address of the Prometheus workspace."
  value = {
    id       = local.workspace_id
    arn      = local.create ? aws_prometheus_workspace.this[0].arn : data.aws_prometheus_workspace.existing[0].arn
    endpoint = local.create ? aws_prometheus_workspace.this[0].prometheus_endpoint : data.aws_prometheus_workspace.existing[0].prometheus_endpoint
  }
}

output "topic_arn" {
  description = "ARN of the topic that tells of alarms and alerts, once it may be published to."
  value       = aws_sns_topic.this.arn
  depends_on  = [aws_sns_topic_policy.this]
}

output "log_groups" {
  description = "Name and ARN of each group of the platform's own logs."
  value       = { for name, group in aws_cloudwatch_log_group.this : name => { name = group.name, arn = group.arn } }
}
