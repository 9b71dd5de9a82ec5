module "identity" {
  source = "../.."

  name            = "millrace-dev"
  service_roles   = ["cluster", "nodes"]
  cluster_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"

  ci_oidc = { issuer_url = "https://token.actions.githubusercontent.com" }
  ci_roles = {
    publish = {
      subjects = ["repo:acme/millrace:ref:refs/heads/main"]
      statements = [{
        actions   = ["ecr:BatchCheckLayerAvailability", "ecr:PutImage"]
        resources = ["arn:aws:ecr:us-east-1:123456789012:repository/millrace-dev/recommender"]
      }]
    }
  }

  cluster_oidc = { issuer_url = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE" }
  workloads = {
    jobs = {
      namespace       = "jobs"
      service_account = "jobs"
      statements = [{
        actions   = ["s3:GetObject", "s3:PutObject"]
        resources = ["arn:aws:s3:::millrace-dev-datasets/*"]
      }]
    }
  }
}
