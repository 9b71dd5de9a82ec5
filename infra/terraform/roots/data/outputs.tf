output "buckets" {
  description = "Name and ARN of each bucket, by purpose."
  value = merge(
    module.object_store.buckets,
    { for purpose, bucket in data.aws_s3_bucket.existing : purpose => { name = bucket.id, arn = bucket.arn } },
  )
}

output "database" {
  description = "The tracking database: address, port, database, the secret with the master user's name and password, and its identifier."
  value = {
    address       = module.database.address
    port          = module.database.port
    database_name = module.database.database_name
    secret_arn    = module.database.secret_arn
    instance_id   = module.database.instance_id
  }
}

output "secret_arns" {
  description = "ARN of each secret, by name."
  value       = module.secrets.secret_arns
}

output "edge" {
  description = "Bucket and queue for fleets of devices, and the name of the queue of messages laid aside; null if there are none."
  value = one([for edge in module.edge : {
    bucket                 = edge.bucket
    queue                  = edge.queue
    dead_letter_queue_name = edge.dead_letter_queue_name
  }])
}

output "events" {
  description = "The event bus: brokers, cluster, and what the ARNs of topics and groups begin with; null if there is none."
  value = one([for events in module.events : {
    bootstrap_brokers = events.bootstrap_brokers
    arn               = events.arn
    topics_arn        = events.topics_arn
    groups_arn        = events.groups_arn
    cluster_name      = events.cluster_name
  }])
}

output "cache" {
  description = "The cache: endpoint, port, ARN, users, and its nodes; null if there is none."
  value = one([for cache in module.cache : {
    endpoint   = cache.endpoint
    port       = cache.port
    arn        = cache.arn
    users      = cache.users
    member_ids = cache.member_ids
  }])
}
