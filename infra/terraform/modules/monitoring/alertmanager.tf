# AMP's Alertmanager knows one way out that needs no secret: the topic. Who listens subscribes there.
resource "aws_prometheus_alert_manager_definition" "this" {
  count = local.create && var.alertmanager ? 1 : 0

  workspace_id = local.workspace_id

  definition = yamlencode({
    alertmanager_config = yamlencode({
      route = {
        receiver        = "topic"
        group_by        = ["alertname", "system"]
        group_wait      = "1s"
        group_interval  = "1m"
        repeat_interval = "4h"
      }
      receivers = [{
        name = "topic"
        sns_configs = [{
          topic_arn     = aws_sns_topic.this.arn
          send_resolved = true
          sigv4         = { region = data.aws_region.current.name }
        }]
      }]
    })
  })

  depends_on = [aws_sns_topic_policy.this]
}
