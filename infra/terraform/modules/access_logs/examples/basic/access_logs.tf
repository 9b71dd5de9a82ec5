module "access_logs" {
  source = "../.."

  bucket = "acme-millrace-dev-access-logs"
  tags   = { Project = "millrace", Environment = "dev" }
}
