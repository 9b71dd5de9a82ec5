# Three copies of which two must agree: the loss of a zone loses no event and stops no writer.
resource "aws_msk_configuration" "this" {
  count = local.create ? 1 : 0

  name = local.identifier

  server_properties = <<-EOT
    auto.create.topics.enable=false
    default.replication.factor=3
    min.insync.replicas=2
    unclean.leader.election.enable=false
    log.retention.hours=${var.retention_hours}
  EOT
}
