mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  buckets = {
    datasets    = { name = "t-datasets", versioning = "retain", writers = ["jobs"] }
    predictions = { name = "t-predictions", writers = ["recorder"], readers = ["jobs"] }
  }
  principals = {
    jobs     = "arn:aws:iam::123456789012:role/jobs"
    recorder = "arn:aws:iam::123456789012:role/recorder"
  }
  access_log_bucket = "t-logs"
}

run "objects_are_always_versioned" {
  assert {
    condition     = alltrue([for v in aws_s3_bucket_versioning.this : v.versioning_configuration[0].status == "Enabled"])
    error_message = "A bucket is not versioned."
  }
}

run "a_bucket_with_data_refuses_to_go_unless_asked" {
  assert {
    condition     = alltrue([for b in aws_s3_bucket.this : b.force_destroy == false])
    error_message = "force_destroy must be off by default."
  }
}

run "superseded_versions_expire_after_the_retention" {
  variables {
    retention_days = 7
  }

  assert {
    condition     = [for r in aws_s3_bucket_lifecycle_configuration.this["predictions"].rule : r.noncurrent_version_expiration[0].noncurrent_days if r.id == "superseded-versions"] == [7]
    error_message = "retention_days did not reach the rule."
  }
}

run "a_bucket_that_retains_keeps_superseded_versions" {
  assert {
    condition     = [for r in aws_s3_bucket_lifecycle_configuration.this["datasets"].rule : r.id] == ["incomplete-uploads"]
    error_message = "versioning = \"retain\" must not expire versions."
  }
}

run "without_a_key_the_stores_own_encryption_stays" {
  assert {
    condition     = length(aws_s3_bucket_server_side_encryption_configuration.this) == 0
    error_message = "No KMS key was given."
  }
}

run "a_key_encrypts_every_bucket" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/abc"
  }

  assert {
    condition = alltrue([
      for e in aws_s3_bucket_server_side_encryption_configuration.this : one(e.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
    ]) && length(aws_s3_bucket_server_side_encryption_configuration.this) == 2
    error_message = "The KMS key must encrypt every bucket."
  }
}

run "accesses_are_logged_unless_the_store_cannot" {
  assert {
    condition     = [for l in aws_s3_bucket_logging.this : l.target_bucket] == ["t-logs", "t-logs"]
    error_message = "Access logging must be on by default."
  }
}

run "the_capability_access_logging_can_be_off" {
  variables {
    access_logging    = false
    access_log_bucket = null
  }

  assert {
    condition     = length(aws_s3_bucket_logging.this) == 0
    error_message = "access_logging = false must make no logging."
  }
}
