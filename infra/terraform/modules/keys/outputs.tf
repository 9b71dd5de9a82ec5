output "key_arns" {
  description = "ARN of each key, by purpose."
  value = merge(
    { for purpose, key in aws_kms_key.this : purpose => key.arn },
    { for purpose, key in data.aws_kms_key.existing : purpose => key.arn },
  )
}

output "aliases" {
  description = "Alias of each key that was made here, by purpose."
  value       = { for purpose, alias in aws_kms_alias.this : purpose => alias.name }
}
