output "address" {
  description = "Host name of the instance."
  value       = local.create ? aws_db_instance.this[0].address : data.aws_db_instance.existing[0].address
}

output "port" {
  description = "Port of the instance."
  value       = local.create ? aws_db_instance.this[0].port : data.aws_db_instance.existing[0].port
}

output "database_name" {
  description = "Name of the database."
  value       = local.create ? aws_db_instance.this[0].db_name : data.aws_db_instance.existing[0].db_name
}

output "secret_arn" {
  description = "Secret in Secrets Manager that holds the master user's name and password (JSON: username, password)."
  value       = local.create ? aws_db_instance.this[0].master_user_secret[0].secret_arn : data.aws_db_instance.existing[0].master_user_secret[0].secret_arn
}

output "instance_id" {
  description = "Identifier of the instance, as metrics name it."
  value       = local.create ? aws_db_instance.this[0].identifier : var.existing
}
