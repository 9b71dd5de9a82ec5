# What each of the platform's workloads may do, and nothing else. Keys of `statements` are service accounts.
locals {
  key_use = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"]

  # Writers may supersede and delete, which versioning undoes; no workload may remove a version.
  read_bucket  = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketVersions"]
  read_object  = ["s3:GetObject", "s3:GetObjectVersion"]
  write_bucket = concat(local.read_bucket, ["s3:ListBucketMultipartUploads"])
  write_object = concat(local.read_object, ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"])

  # Model files go through the tracking server, so jobs need no way to them.
  reads = {
    tracking = []
    jobs     = concat([var.buckets.predictions.arn], var.edge == null ? [] : [var.edge.bucket.arn])
    delivery = []
    recorder = []
    services = [var.buckets.releases.arn]
    steward  = [var.buckets.releases.arn]
  }
  writes = {
    tracking = [var.buckets.models.arn]
    jobs     = [var.buckets.datasets.arn, var.buckets.pipelines.arn]
    delivery = concat([var.buckets.releases.arn], var.edge == null ? [] : [var.edge.bucket.arn])
    recorder = [var.buckets.predictions.arn]
    services = []
    steward  = []
  }

  secrets = {
    for workload in keys(local.reads) : workload => concat(
      workload == "tracking" ? [var.database_secret_arn] : [],
      [for name, readers in var.secret_readers : var.secret_arns[name] if contains(readers, workload)],
    )
  }

  statements = {
    for workload in keys(local.reads) : workload => concat(
      [
        for s in [
          { actions = local.read_bucket, resources = local.reads[workload] },
          { actions = local.read_object, resources = [for arn in local.reads[workload] : "${arn}/*"] },
          { actions = local.write_bucket, resources = local.writes[workload] },
          { actions = local.write_object, resources = [for arn in local.writes[workload] : "${arn}/*"] },
          { actions = ["secretsmanager:GetSecretValue"], resources = local.secrets[workload] },
        ] : merge(s, { conditions = {} }) if length(s.resources) > 0
      ],
      [{ actions = local.key_use, resources = distinct([var.key_arns.data, var.key_arns.secrets]), conditions = {} }],
      try(local.bus[workload], []),
      try(local.others[workload], []),
    )
  }

  # The recorder takes predictions and feedback from the services to the object store.
  bus = var.events == null ? {} : {
    for workload in ["recorder", "services"] : workload => [
      { actions = ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"], resources = [var.events.arn], conditions = {} },
      { actions = ["kafka-cluster:CreateTopic", "kafka-cluster:DescribeTopic", "kafka-cluster:ReadData", "kafka-cluster:WriteData"], resources = ["${var.events.topics_arn}/*"], conditions = {} },
      { actions = ["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"], resources = ["${var.events.groups_arn}/*"], conditions = {} },
    ]
  }

  others = {
    services = var.cache == null ? [] : [
      { actions = ["elasticache:Connect"], resources = concat([var.cache.arn], [for user in var.cache.users : user.arn]), conditions = {} },
    ]
    jobs = var.edge == null ? [] : [
      { actions = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], resources = [var.edge.queue.arn], conditions = {} },
    ]
    delivery = length(var.repositories) == 0 ? [] : [
      {
        actions = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
          "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
        ]
        resources  = [for repository in var.repositories : repository.arn]
        conditions = {}
      },
      { actions = ["ecr:GetAuthorizationToken"], resources = ["*"], conditions = {} },
    ]
  }
}
