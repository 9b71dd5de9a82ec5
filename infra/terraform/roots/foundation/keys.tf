locals {
  # What each key is for, and which services of AWS encrypt with it by themselves.
  purposes = {
    logs     = { description = "Logs in CloudWatch.", services = ["logs.amazonaws.com"] }
    alerts   = { description = "Topics that tell of alarms, alerts and the budget.", services = ["aps.amazonaws.com", "budgets.amazonaws.com", "cloudwatch.amazonaws.com"] }
    data     = { description = "Buckets, queues, database, cache and broker.", services = ["s3.amazonaws.com"] }
    secrets  = { description = "Secrets.", services = [] }
    cluster  = { description = "The cluster's secrets and its nodes' volumes.", services = [] }
    registry = { description = "Images.", services = [] }
  }
}

module "keys" {
  source = "../../modules/keys"

  name = local.name
  keys = {
    for purpose, key in local.purposes : purpose => merge(key, {
      existing             = lookup(var.keys, purpose, null)
      service_linked_roles = purpose == "cluster" ? ["autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"] : []
    })
  }
  deletion_window_days = var.key_deletion_window_days
  tags                 = local.tags
}
