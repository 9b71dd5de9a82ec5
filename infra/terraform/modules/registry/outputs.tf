output "repositories" {
  description = "URL and ARN of each repository, by its name without the prefix."
  value = merge(
    { for name, repository in aws_ecr_repository.this : name => { url = repository.repository_url, arn = repository.arn } },
    { for name, repository in data.aws_ecr_repository.existing : name => { url = repository.repository_url, arn = repository.arn } },
  )
}
