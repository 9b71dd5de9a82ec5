data "aws_lb" "existing" {
  count = local.create ? 0 : 1

  arn = var.existing

  lifecycle {
    postcondition {
      condition     = self.drop_invalid_header_fields && anytrue([for logs in self.access_logs : logs.enabled])
      error_message = "Load balancer ${var.existing} passes malformed headers on or keeps no access log: turn routing.http.drop_invalid_header_fields and access_logs.s3 on."
    }
  }
}
