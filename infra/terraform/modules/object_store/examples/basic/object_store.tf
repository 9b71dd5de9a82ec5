# Two buckets on AWS: jobs write data sets, the recorder writes predictions that jobs may read.
module "object_store" {
  source = "../.."

  buckets = {
    datasets    = { name = "acme-dev-datasets", versioning = "retain", writers = ["jobs"] }
    predictions = { name = "acme-dev-predictions", writers = ["recorder"], readers = ["jobs"] }
  }

  principals = {
    jobs     = "arn:aws:iam::123456789012:role/jobs"
    recorder = "arn:aws:iam::123456789012:role/recorder"
  }

  access_log_bucket = "acme-dev-access-logs"
  retention_days    = 90
}

output "buckets" {
  description = "Name and ARN of each bucket, by purpose."
  value       = module.object_store.buckets
}
