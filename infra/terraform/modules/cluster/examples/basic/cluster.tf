module "cluster" {
  source = "../.."

  name             = "millrace-dev"
  vpc_id           = "vpc-0123456789abcdef0"
  subnet_ids       = ["subnet-0a", "subnet-0b", "subnet-0c"]
  cluster_role_arn = "arn:aws:iam::123456789012:role/millrace-dev-cluster"
  node_role_arn    = "arn:aws:iam::123456789012:role/millrace-dev-nodes"
  kms_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  logs_key_arn     = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-666666666666"

  access_entries = {
    operators = { principal_arn = "arn:aws:iam::123456789012:role/operators" }
  }

  node_groups = {
    general = { instance_types = ["m6i.large"], min = 2, max = 6 }
    gpu     = { instance_types = ["g5.xlarge", "g6.xlarge"], accelerator = "nvidia", spot = true, min = 0, max = 4 }
  }

  tags = { Project = "millrace", Environment = "dev" }
}
