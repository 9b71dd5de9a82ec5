# What an environment cannot do without: each alarm says what it means and what to do.
locals {
  gib = 1073741824

  database_alarms = var.database_instance_id == null ? {} : {
    database-storage = {
      description = "The tracking database has less than 5 GiB left: raise database.storage_gib.maximum.", namespace = "AWS/RDS"
      metric      = "FreeStorageSpace", dimensions = { DBInstanceIdentifier = var.database_instance_id }
      statistic   = "Minimum", comparison = "LessThanThreshold", threshold = 5 * local.gib
    }
    database-cpu = {
      description = "The tracking database has been busy for 15 minutes: look at its slow statements, or take a larger database.instance_class.", namespace = "AWS/RDS"
      metric      = "CPUUtilization", dimensions = { DBInstanceIdentifier = var.database_instance_id }
      statistic   = "Average", comparison = "GreaterThanThreshold", threshold = 90
    }
  }

  queue_alarms = var.dead_letter_queue_name == null ? {} : {
    edge-dead-letters = {
      description = "What a device sent could not be handled and was laid aside: read the queue's messages and the jobs' log.", namespace = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = var.dead_letter_queue_name }
      statistic   = "Maximum", comparison = "GreaterThanThreshold", threshold = 0
    }
  }

  bus_alarms = var.event_cluster_name == null ? {} : {
    events-disk = {
      description = "A broker's disk is 85 % full and does not grow any more: raise events.broker.disk_max_gib or keep events shorter.", namespace = "AWS/Kafka"
      metric      = "KafkaDataLogsDiskUsed", dimensions = { "Cluster Name" = var.event_cluster_name }
      statistic   = "Maximum", comparison = "GreaterThanThreshold", threshold = 85
    }
    events-offline = {
      description = "A partition has no leader: events of it are neither taken nor given. Look at the brokers' log.", namespace = "AWS/Kafka"
      metric      = "OfflinePartitionsCount", dimensions = { "Cluster Name" = var.event_cluster_name }
      statistic   = "Maximum", comparison = "GreaterThanThreshold", threshold = 0
    }
  }

  cache_alarms = {
    for index, id in var.cache_member_ids : "cache-memory-${index + 1}" => {
      description = "A node of the cache is 90 % full and begins to forget: take a larger cache.node_type.", namespace = "AWS/ElastiCache"
      metric      = "DatabaseMemoryUsagePercentage", dimensions = { CacheClusterId = id }
      statistic   = "Maximum", comparison = "GreaterThanThreshold", threshold = 90
    }
  }

  load_balancer_alarms = var.load_balancer == null ? {} : {
    ingress-errors = {
      description = "The load balancer itself answers with errors: no target is healthy, or they close connections.", namespace = "AWS/ApplicationELB"
      metric      = "HTTPCode_ELB_5XX_Count", dimensions = { LoadBalancer = var.load_balancer.arn_suffix }
      statistic   = "Sum", comparison = "GreaterThanThreshold", threshold = 10
    }
  }

  target_alarms = try(var.load_balancer.target_group_arn_suffix, null) == null ? {} : {
    ingress-unhealthy = {
      description = "A node does not answer for the gateway: look at the gateway's pods and the nodes.", namespace = "AWS/ApplicationELB"
      metric      = "UnHealthyHostCount", dimensions = { LoadBalancer = var.load_balancer.arn_suffix, TargetGroup = var.load_balancer.target_group_arn_suffix }
      statistic   = "Maximum", comparison = "GreaterThanThreshold", threshold = 0
    }
  }

  alarms = merge(local.database_alarms, local.queue_alarms, local.bus_alarms, local.cache_alarms, local.load_balancer_alarms, local.target_alarms)
}
