mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mocked" }
  }
}

variables {
  buckets = {
    predictions = { name = "t-predictions", writers = ["recorder"], readers = ["jobs"] }
    private     = { name = "t-private" }
  }
  principals = {
    jobs     = "arn:aws:iam::123456789012:role/jobs"
    recorder = "arn:aws:iam::123456789012:role/recorder"
  }
  access_log_bucket = "t-logs"
}

run "writers_may_not_remove_a_version" {
  assert {
    condition     = alltrue([for s in data.aws_iam_policy_document.this["predictions"].statement : s.effect == "Deny" || !contains(s.actions, "s3:DeleteObjectVersion")])
    error_message = "A removed version cannot be undone: no principal may."
  }
}

run "readers_may_not_write" {
  assert {
    condition = alltrue([
      for s in data.aws_iam_policy_document.this["predictions"].statement : length(setintersection(s.actions, ["s3:PutObject", "s3:DeleteObject"])) == 0
      if contains(one(s.principals).identifiers, "arn:aws:iam::123456789012:role/jobs")
    ])
    error_message = "A reader got a writing action."
  }
}

run "tls_is_required_of_every_bucket" {
  assert {
    condition = alltrue([
      for d in data.aws_iam_policy_document.this : contains([for s in d.statement : s.sid], "RefuseWithoutTls")
    ]) && length(data.aws_iam_policy_document.this) == 2
    error_message = "Every bucket must refuse requests without TLS."
  }
}

run "the_capability_tls_can_be_off" {
  variables {
    require_tls = false
  }

  assert {
    condition     = keys(aws_s3_bucket_policy.this) == ["predictions"]
    error_message = "Without TLS rule, readers and writers, there is no policy to write."
  }
}

run "public_access_is_blocked" {
  assert {
    condition     = alltrue([for b in aws_s3_bucket_public_access_block.this : b.block_public_acls && b.block_public_policy && b.ignore_public_acls && b.restrict_public_buckets]) && length(aws_s3_bucket_public_access_block.this) == 2
    error_message = "Public access must be blocked by default."
  }
}

run "the_capability_public_access_block_can_be_off" {
  variables {
    block_public_access = false
  }

  assert {
    condition     = length(aws_s3_bucket_public_access_block.this) == 0
    error_message = "block_public_access = false must make no block."
  }
}
