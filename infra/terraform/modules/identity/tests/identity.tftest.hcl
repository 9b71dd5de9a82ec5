mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/issuer" }
  }
}

variables {
  name            = "millrace-test"
  service_roles   = ["cluster", "nodes"]
  cluster_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  ci_oidc         = { issuer_url = "https://token.actions.githubusercontent.com" }
  cluster_oidc    = { issuer_url = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE" }
  ci_roles = {
    publish = {
      subjects = ["repo:acme/millrace:environment:prod"]
      statements = [
        { actions = ["ecr:PutImage"], resources = ["arn:aws:ecr:us-east-1:123456789012:repository/millrace/recommender"] },
        { actions = ["ecr:GetAuthorizationToken"], resources = ["*"] },
      ]
    }
  }
  workloads = {
    jobs = {
      namespace       = "jobs"
      service_account = "jobs"
      statements = [{
        actions    = ["s3:PutObject", "s3:GetObject"]
        resources  = ["arn:aws:s3:::millrace-datasets/*"]
        conditions = { Bool = { "aws:SecureTransport" = ["true"] } }
      }]
    }
    ebs-csi = {
      namespace        = "kube-system"
      service_account  = "ebs-csi-controller-sa"
      managed_policies = ["arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"]
    }
  }
}

run "each_role_may_do_what_it_is_told_and_be_taken_by_one_party" {
  command = apply

  assert {
    condition     = keys(output.role_arns) == ["cluster", "ebs-csi", "jobs", "nodes", "publish"]
    error_message = "a role is missing"
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.workload["jobs"].policy).Statement == [{
      Action    = ["s3:GetObject", "s3:PutObject"]
      Condition = { Bool = { "aws:SecureTransport" = ["true"] } }
      Effect    = "Allow"
      Resource  = ["arn:aws:s3:::millrace-datasets/*"]
    }]
    error_message = "the workload's policy is not what was given"
  }
  assert {
    condition = jsondecode(aws_iam_role.workload["jobs"].assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE:aud" = "sts.amazonaws.com"
        "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE:sub" = "system:serviceaccount:jobs:jobs"
      }
    }
    error_message = "another service account could take the workload's role"
  }
  assert {
    condition     = jsondecode(aws_iam_role.ci["publish"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:acme/millrace:environment:prod"]
    error_message = "another job could take CI's role"
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.cluster_key[0].policy).Statement[0].Resource == [var.cluster_key_arn]
    error_message = "the control plane may use other keys"
  }
  assert {
    condition     = length(aws_iam_role_policy_attachment.service) == 4 && keys(aws_iam_role_policy_attachment.workload) == ["ebs-csi/AmazonEBSCSIDriverPolicy"]
    error_message = "a managed policy is missing or too many"
  }
}

run "roles_made_outside_are_checked_and_used" {
  command = plan
  variables {
    existing     = { cluster = "arn:aws:iam::123456789012:role/their-cluster" }
    workloads    = {}
    cluster_oidc = null
    ci_roles     = {}
    ci_oidc      = null
  }
  override_data {
    target = data.aws_iam_role.existing["cluster"]
    values = {
      arn                = "arn:aws:iam::123456789012:role/their-cluster"
      assume_role_policy = "{\"Statement\":[{\"Principal\":{\"Service\":\"eks.amazonaws.com\"}}]}"
    }
  }

  assert {
    condition     = keys(aws_iam_role.service) == ["nodes"] && output.cluster_provider_arn == null && output.ci_provider_arn == null
    error_message = "a role is made beside one that exists, or a provider that nobody asked for"
  }
}

run "a_role_that_its_service_cannot_take_is_refused" {
  command = plan
  variables {
    existing = { nodes = "arn:aws:iam::123456789012:role/their-nodes" }
  }
  override_data {
    target = data.aws_iam_role.existing["nodes"]
    values = { assume_role_policy = "{\"Statement\":[{\"Principal\":{\"Service\":\"lambda.amazonaws.com\"}}]}" }
  }

  expect_failures = [data.aws_iam_role.existing["nodes"]]
}

run "wildcard_actions_and_subjects_are_refused" {
  command = plan
  variables {
    service_roles = ["admin"]
    workloads     = { jobs = { namespace = "jobs", service_account = "jobs", statements = [{ actions = ["s3:*"], resources = ["arn:aws:s3:::b"] }] } }
    ci_roles = {
      publish = { subjects = ["repo:acme/*"], statements = [{ actions = ["ecr:PutImage"], resources = ["arn:aws:ecr:us-east-1:123456789012:repository/a"] }] }
    }
  }

  expect_failures = [var.service_roles, var.workloads, var.ci_roles]
}

run "unbounded_resources_and_unknown_roles_are_refused" {
  command = plan
  variables {
    service_roles        = ["cluster"]
    cluster_key_arn      = null
    permissions_boundary = "boundary"
    existing             = { nodes = "their-nodes" }
    ci_roles = {
      publish = { subjects = ["repo:acme/millrace:environment:prod"], statements = [{ actions = ["ecr:PutImage"], resources = ["arn:aws:ecr:us-east-1:123456789012:repository/*"] }] }
    }
    workloads = {
      jobs = { namespace = "jobs", service_account = "jobs", statements = [{ actions = ["s3:GetObject"], resources = ["arn:aws:s3:::*"] }] }
      all  = { namespace = "jobs", service_account = "all", statements = [{ actions = ["s3:GetObject"], resources = ["*"] }] }
    }
  }

  expect_failures = [var.cluster_key_arn, var.permissions_boundary, var.existing, var.ci_roles, var.workloads]
}

run "issuers_are_addresses" {
  command = plan
  variables {
    ci_oidc      = { issuer_url = "token.actions.githubusercontent.com" }
    cluster_oidc = { issuer_url = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE" }
  }

  expect_failures = [var.ci_oidc, var.cluster_oidc]
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
