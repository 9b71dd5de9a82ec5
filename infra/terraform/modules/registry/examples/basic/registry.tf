module "registry" {
  source = "../.."

  name         = "millrace-dev"
  repositories = ["recommender", "jobs"]
  kms_key_arn  = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  tags         = { Project = "millrace", Environment = "dev" }
}
