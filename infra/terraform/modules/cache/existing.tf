data "aws_elasticache_replication_group" "existing" {
  count = local.create ? 0 : 1

  replication_group_id = var.existing

  lifecycle {
    postcondition {
      condition     = self.multi_az_enabled && self.automatic_failover_enabled
      error_message = "Replication group ${var.existing} does not survive the loss of a zone: turn Multi-AZ and automatic failover on, or name another."
    }
  }
}
