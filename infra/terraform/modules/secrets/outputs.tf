output "secret_arns" {
  description = "ARN of each secret, by name."
  value = merge(
    { for name, secret in aws_secretsmanager_secret.this : name => secret.arn },
    { for name, secret in data.aws_secretsmanager_secret.existing : name => secret.arn },
  )
}
