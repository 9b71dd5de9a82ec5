data "aws_msk_cluster" "existing" {
  count = local.create ? 0 : 1

  cluster_name = var.existing

  lifecycle {
    postcondition {
      condition     = self.bootstrap_brokers_sasl_iam != ""
      error_message = "Cluster ${var.existing} does not take IAM: turn on SASL/IAM authentication, or name another."
    }

    postcondition {
      condition     = self.bootstrap_brokers == ""
      error_message = "Cluster ${var.existing} talks in clear: set its encryption in transit to TLS alone."
    }
  }
}
