module "ingress" {
  source = "../.."

  name            = "millrace-prod"
  zone            = { name = "ml.example.com" }
  vpc_id          = "vpc-0123456789abcdef0"
  subnet_ids      = ["subnet-0a", "subnet-0b", "subnet-0c"]
  internet_facing = true
  allowed_cidrs   = ["0.0.0.0/0"]

  autoscaling_group_names = { general = "eks-general-1234" }
  node_security_group_id  = "sg-0123456789abcdef0"

  access_log_bucket = "acme-millrace-prod-access-logs"
  logs_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-666666666666"
  tags              = { Project = "millrace", Environment = "prod" }
}
