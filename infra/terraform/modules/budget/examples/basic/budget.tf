module "budget" {
  source = "../.."

  name              = "millrace-dev"
  environment       = "dev"
  monthly_limit_usd = 800
  emails            = ["operators@example.com"]

  actions = {
    no-more-nodes = { percent = 120, roles = ["millrace-dev-nodes"], automatic = true }
  }

  tags = { Project = "millrace", Environment = "dev" }
}
