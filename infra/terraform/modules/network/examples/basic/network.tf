module "network" {
  source = "../.."

  name        = "millrace-dev"
  cidr        = "10.20.0.0/16"
  zones       = ["us-east-1a", "us-east-1b", "us-east-1c"]
  nat         = "single"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  tags        = { Project = "millrace", Environment = "dev" }
}
