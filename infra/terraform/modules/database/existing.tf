data "aws_db_instance" "existing" {
  count = local.create ? 0 : 1

  db_instance_identifier = var.existing

  lifecycle {
    postcondition {
      condition     = self.engine == "postgres"
      error_message = "Instance ${var.existing} runs ${self.engine}, not PostgreSQL: name another."
    }

    postcondition {
      condition     = self.storage_encrypted && !self.publicly_accessible
      error_message = "Instance ${var.existing} is reachable from the internet or stores in clear: make it private and encrypted, or name another."
    }

    postcondition {
      condition     = length(self.master_user_secret) > 0
      error_message = "Instance ${var.existing} keeps its password outside Secrets Manager: let RDS manage it (`aws rds modify-db-instance --manage-master-user-password`)."
    }
  }
}
