mock_provider "aws" {}

variables {
  buckets           = { data = { name = "t-data" } }
  access_log_bucket = "t-logs"
}

run "a_name_that_s3_would_refuse_is_refused_at_plan" {
  command         = plan
  expect_failures = [var.buckets]

  variables {
    buckets = { data = { name = "Upper_Case" } }
  }
}

run "two_purposes_cannot_share_a_bucket" {
  command         = plan
  expect_failures = [var.buckets]

  variables {
    buckets = { a = { name = "t-same" }, b = { name = "t-same" } }
  }
}

run "versioning_cannot_be_off" {
  command         = plan
  expect_failures = [var.buckets]

  variables {
    buckets = { data = { name = "t-data", versioning = "off" } }
  }
}

run "a_writer_must_be_a_known_principal" {
  command         = plan
  expect_failures = [var.buckets]

  variables {
    buckets = { data = { name = "t-data", writers = ["nobody"] } }
  }
}

run "a_principal_is_an_arn" {
  command         = plan
  expect_failures = [var.principals]

  variables {
    principals = { jobs = "jobs" }
  }
}

run "retention_is_one_day_at_least" {
  command         = plan
  expect_failures = [var.retention_days]

  variables {
    retention_days = 0
  }
}

run "a_kms_key_is_an_arn" {
  command         = plan
  expect_failures = [var.kms_key_arn]

  variables {
    kms_key_arn = "alias/data"
  }
}

run "logging_needs_a_bucket_for_the_logs" {
  command         = plan
  expect_failures = [var.access_log_bucket]

  variables {
    access_log_bucket = null
  }
}
