mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/millrace-test-over-budget" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/millrace-test-budget-action" }
  }
}

variables {
  name              = "millrace-test"
  environment       = "test"
  monthly_limit_usd = 500
  topic_arn         = "arn:aws:sns:us-east-1:123456789012:millrace-test-alerts"
  actions           = { stop = { percent = 110, roles = ["nodes", "ci"], automatic = true } }
}

run "the_environments_costs_are_counted_told_and_stopped" {
  command = apply

  assert {
    condition     = aws_budgets_budget.this[0].limit_amount == "500" && one(aws_budgets_budget.this[0].cost_filter).values == tolist(["user:Environment$test"])
    error_message = "other costs are counted, or against another limit"
  }
  assert {
    condition     = sort([for n in aws_budgets_budget.this[0].notification : "${n.notification_type} ${n.threshold}"]) == tolist(["ACTUAL 100", "ACTUAL 50", "ACTUAL 80", "FORECASTED 100"])
    error_message = "somebody is told at other shares"
  }
  assert {
    condition     = aws_budgets_budget_action.this["stop"].approval_model == "AUTOMATIC" && aws_budgets_budget_action.this["stop"].definition[0].iam_action_definition[0].roles == toset(["ci", "nodes"])
    error_message = "the action stops others, or waits"
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.action[0].policy).Statement == [{
      Action    = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
      Condition = { ArnEquals = { "iam:PolicyARN" = "arn:aws:iam::123456789012:policy/millrace-test-over-budget" } }
      Effect    = "Allow"
      Resource  = ["arn:aws:iam::123456789012:role/ci", "arn:aws:iam::123456789012:role/nodes"]
    }]
    error_message = "Budgets may attach other policies, or to other roles"
  }
  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_policy.stop[0].policy).Statement : statement.Effect == "Deny"])
    error_message = "the policy of the action allows something"
  }
}

run "a_budget_made_outside_is_used_and_no_action_is_the_default" {
  command = plan
  variables {
    existing          = "theirs"
    monthly_limit_usd = null
    actions           = {}
  }

  assert {
    condition     = output.name == "theirs" && length(aws_budgets_budget.this) + length(aws_iam_policy.stop) + length(aws_iam_role.action) + length(aws_budgets_budget_action.this) == 0
    error_message = "something is made beside an existing budget"
  }
}

run "a_budget_that_tells_nobody_is_refused" {
  command = plan
  variables {
    topic_arn = null
  }

  expect_failures = [var.emails]
}

run "an_action_that_tells_nobody_is_refused" {
  command = plan
  variables {
    existing  = "theirs"
    topic_arn = null
  }

  expect_failures = [var.actions]
}

run "what_budgets_does_not_take_is_refused" {
  command = plan
  variables {
    name              = "T"
    monthly_limit_usd = 0
    thresholds        = { actual = [], forecast = [] }
    emails            = ["nobody"]
  }

  expect_failures = [var.name, var.monthly_limit_usd, var.thresholds, var.emails]
}

run "a_topic_is_named_by_its_arn" {
  command = plan
  variables { topic_arn = "alerts" }

  expect_failures = [var.topic_arn]
}

run "an_action_that_stops_nobody_is_refused" {
  command = plan
  variables { actions = { stop = { percent = 110, roles = [] } } }

  expect_failures = [var.actions]
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
