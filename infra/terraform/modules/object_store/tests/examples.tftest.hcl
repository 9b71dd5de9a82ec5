# The README's example is this folder's: it must plan as it stands there.
mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

run "basic" {
  command = apply

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = output.buckets["datasets"].name == "acme-dev-datasets"
    error_message = "The example's bucket has another name."
  }
}
