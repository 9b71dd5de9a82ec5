module "edge" {
  source = "../.."

  name              = "millrace-dev"
  bucket            = "acme-millrace-dev-edge"
  kms_key_arn       = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  access_log_bucket = "acme-millrace-dev-access-logs"
  tags              = { Project = "millrace", Environment = "dev" }
}
