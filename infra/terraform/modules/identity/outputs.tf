output "role_arns" {
  description = "ARN of each role by name, once its policies are attached."
  value = merge(
    { for name, role in aws_iam_role.service : name => role.arn },
    { for name, role in aws_iam_role.workload : name => role.arn },
    { for name, role in aws_iam_role.ci : name => role.arn },
    { for name, role in data.aws_iam_role.existing : name => role.arn },
  )
  depends_on = [
    aws_iam_role_policy.ci, aws_iam_role_policy.cluster_key, aws_iam_role_policy.workload,
    aws_iam_role_policy_attachment.service, aws_iam_role_policy_attachment.workload,
  ]
}

output "cluster_provider_arn" {
  description = "ARN of the provider through which service accounts take roles; null without a cluster."
  value       = local.cluster_provider
}

output "ci_provider_arn" {
  description = "ARN of the provider through which CI takes roles; null if it takes none."
  value       = local.ci_provider
}
