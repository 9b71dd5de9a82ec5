resource "aws_db_parameter_group" "this" {
  count = local.create ? 1 : 0

  name        = "${local.identifier}-${var.engine_version}"
  family      = "postgres${var.engine_version}"
  description = "TLS alone, and a log of connections, changes of schema and slow statements."
  tags        = var.tags

  dynamic "parameter" {
    for_each = !var.parameters ? {} : {
      "rds.force_ssl"              = "1"
      "log_connections"            = "1"
      "log_disconnections"         = "1"
      "log_statement"              = "ddl"
      "log_min_duration_statement" = "1000"
    }

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
