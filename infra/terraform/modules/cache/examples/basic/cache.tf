module "cache" {
  source = "../.."

  name                      = "millrace-dev"
  vpc_id                    = "vpc-0123456789abcdef0"
  subnet_ids                = ["subnet-0a", "subnet-0b", "subnet-0c"]
  client_security_group_ids = { clients = "sg-0123456789abcdef0" }
  kms_key_arn               = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  logs_key_arn              = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-666666666666"
  tags                      = { Project = "millrace", Environment = "dev" }
}
