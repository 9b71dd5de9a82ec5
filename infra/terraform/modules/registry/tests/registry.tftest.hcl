mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  name         = "millrace-test"
  repositories = ["recommender", "jobs"]
  kms_key_arn  = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
}

run "repositories_are_immutable_scanned_and_encrypted" {
  command = plan
  variables { pulling_accounts = ["210987654321"] }

  assert {
    condition     = [for repository in aws_ecr_repository.this : repository.name] == ["millrace-test/jobs", "millrace-test/recommender"]
    error_message = "repositories are not named for their prefix"
  }
  assert {
    condition = alltrue([
      for repository in aws_ecr_repository.this : repository.image_tag_mutability == "IMMUTABLE" && !repository.force_delete
      && repository.image_scanning_configuration[0].scan_on_push && repository.encryption_configuration[0].kms_key == var.kms_key_arn
    ])
    error_message = "a repository is mutable, not scanned, in clear, or goes with its images"
  }
  assert {
    condition     = [for rule in jsondecode(aws_ecr_lifecycle_policy.this["jobs"].policy).rules : rule.selection.countNumber] == [14, 200]
    error_message = "the lifecycle keeps another number"
  }
  assert {
    condition     = jsondecode(aws_ecr_repository_policy.this["jobs"].policy).Statement[0].Principal.AWS == ["arn:aws:iam::210987654321:root"]
    error_message = "others than the accounts named may pull"
  }
}

run "a_repository_made_outside_is_checked_and_used" {
  command = plan
  variables { existing = { jobs = "their/jobs" } }
  override_data {
    target = data.aws_ecr_repository.existing["jobs"]
    values = { repository_url = "their-url", image_tag_mutability = "IMMUTABLE", image_scanning_configuration = [{ scan_on_push = true }] }
  }

  assert {
    condition     = output.repositories["jobs"].url == "their-url" && keys(aws_ecr_repository.this) == ["recommender"] && length(aws_ecr_repository_policy.this) == 0
    error_message = "a repository is made beside one that exists"
  }
}

run "a_repository_whose_tags_move_is_refused" {
  command = plan
  variables { existing = { jobs = "their/jobs" } }
  override_data {
    target = data.aws_ecr_repository.existing["jobs"]
    values = { image_tag_mutability = "MUTABLE", image_scanning_configuration = [{ scan_on_push = true }] }
  }

  expect_failures = [data.aws_ecr_repository.existing["jobs"]]
}

run "what_ecr_does_not_take_is_refused" {
  command = plan
  variables {
    name             = "Millrace"
    repositories     = ["Jobs"]
    kms_key_arn      = "alias/registry"
    untagged_days    = 0
    kept_images      = 3
    pulling_accounts = ["them"]
  }

  expect_failures = [var.name, var.repositories, var.kms_key_arn, var.untagged_days, var.kept_images, var.pulling_accounts]
}

run "an_existing_repository_that_nobody_asked_for_is_refused" {
  command = plan
  variables { existing = { other = "their/other" } }

  expect_failures = [var.existing]
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
