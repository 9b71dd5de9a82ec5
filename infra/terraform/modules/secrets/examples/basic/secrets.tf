module "secrets" {
  source = "../.."

  name        = "millrace-dev"
  secrets     = { steward-token = { description = "What the steward shows to whom it calls." } }
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  tags        = { Project = "millrace", Environment = "dev" }
}
