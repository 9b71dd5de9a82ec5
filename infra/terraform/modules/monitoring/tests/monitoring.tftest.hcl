mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:millrace-test-alerts" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:mocked" }
  }
}

variables {
  name           = "millrace-test"
  kms_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  alerts_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-777777777777"
  logs_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-666666666666"
  rules          = { down = "{groups: [{name: down, rules: [{alert: Down, expr: 'up == 0'}]}]}" }
  subscribers    = { operators = "operators@example.com", steward = "https://steward.example.com/alerts" }
  alarms = {
    dead-letters = {
      description = "Messages of devices were laid aside.", namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = "dead" }, threshold = 0, periods = 1
    }
  }
}

run "rules_alerts_and_alarms_lead_to_one_topic" {
  command = apply

  assert {
    condition     = keys(aws_prometheus_rule_group_namespace.this) == ["down"] && yamldecode(aws_prometheus_rule_group_namespace.this["down"].data).groups[0].rules[0].alert == "Down"
    error_message = "the rules are not in the workspace"
  }
  assert {
    condition     = yamldecode(yamldecode(aws_prometheus_alert_manager_definition.this[0].definition).alertmanager_config).receivers[0].sns_configs[0].topic_arn == output.topic_arn
    error_message = "Alertmanager does not tell the topic"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["dead-letters"].alarm_actions == toset([output.topic_arn]) && aws_cloudwatch_metric_alarm.this["dead-letters"].comparison_operator == "GreaterThanThreshold"
    error_message = "the alarm does not tell the topic"
  }
  assert {
    condition     = { for name, subscription in aws_sns_topic_subscription.this : name => subscription.protocol } == { operators = "email", steward = "https" }
    error_message = "a subscriber is told another way"
  }
  assert {
    condition     = jsondecode(aws_sns_topic_policy.this.policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012" && jsondecode(aws_sns_topic_policy.this.policy).Statement[1].Effect == "Deny"
    error_message = "another account may publish, or somebody in clear"
  }
  assert {
    condition     = aws_prometheus_workspace.this[0].kms_key_arn == var.kms_key_arn && aws_sns_topic.this.kms_master_key_id == var.alerts_key_arn && alltrue([for group in aws_cloudwatch_log_group.this : group.kms_key_id == var.logs_key_arn])
    error_message = "metrics, alerts or logs lie in clear"
  }
}

run "a_workspace_made_outside_gets_no_rules_and_switches_turn_off" {
  command = plan
  variables { existing = "ws-theirs" }
  override_data {
    target = data.aws_prometheus_workspace.existing[0]
    values = { arn = "arn:theirs", prometheus_endpoint = "https://theirs" }
  }

  assert {
    condition     = output.workspace == { id = "ws-theirs", arn = "arn:theirs", endpoint = "https://theirs" } && length(aws_prometheus_rule_group_namespace.this) + length(aws_prometheus_alert_manager_definition.this) + length(aws_prometheus_workspace.this) == 0
    error_message = "something is made in a workspace that is not ours"
  }
}

run "switches_turn_off_what_an_api_lacks" {
  command = plan
  variables {
    alertmanager  = false
    workspace_key = false
    rules         = {}
  }

  assert {
    condition     = length(aws_prometheus_alert_manager_definition.this) == 0 && aws_prometheus_workspace.this[0].kms_key_arn == null && length(aws_prometheus_rule_group_namespace.this) == 0
    error_message = "a switch that is off is still planned"
  }
}

run "what_cannot_be_is_refused" {
  command = plan
  variables {
    name               = "T"
    existing           = "theirs"
    rules              = { broken = "no: groups" }
    kms_key_arn        = "alias/a"
    alerts_key_arn     = "alias/b"
    logs_key_arn       = "alias/c"
    log_groups         = ["Services"]
    log_retention_days = 2
    subscribers        = { steward = "http://steward" }
    alarms             = { a = { description = "A.", namespace = "N", metric = "M", dimensions = {}, threshold = 0, period_s = 45 } }
  }

  expect_failures = [
    var.name, var.existing, var.rules, var.kms_key_arn, var.alerts_key_arn, var.logs_key_arn, var.log_groups, var.log_retention_days,
    var.subscribers, var.alarms,
  ]
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
