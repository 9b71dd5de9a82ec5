module "monitoring" {
  source = "../.."

  name           = "millrace-dev"
  kms_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  alerts_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-777777777777"
  logs_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-666666666666"
  subscribers    = { operators = "operators@example.com" }

  alarms = {
    database-full = {
      description = "The tracking database has less than 5 GiB left; raise storage_gib.maximum."
      namespace   = "AWS/RDS"
      metric      = "FreeStorageSpace"
      dimensions  = { DBInstanceIdentifier = "millrace-dev-tracking" }
      comparison  = "LessThanThreshold"
      threshold   = 5368709120
    }
  }

  tags = { Project = "millrace", Environment = "dev" }
}
