variable "name" {
  description = "Prefix of every resource's name, such as millrace-dev; the cluster is NAME-events."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: change it."
  }
}

variable "existing" {
  description = "Name of an MSK cluster, made outside: looked up and checked, never changed. Null creates one."
  type        = string
  default     = null
}

variable "kafka_version" {
  description = "Version of Kafka."
  type        = string
  default     = "3.9.x"
  nullable    = false

  validation {
    condition     = can(regex("^[34]\\.[0-9]+\\.([0-9]+|x)(\\.kraft)?$", var.kafka_version))
    error_message = "kafka_version must be a version that MSK knows, such as 3.9.x."
  }
}

variable "broker" {
  description = "Brokers: how many in each zone, their size, and the disk of each, which grows by itself up to the maximum."
  type = object({
    per_zone      = optional(number, 1)
    instance_type = optional(string, "kafka.m7g.large")
    disk_gib      = optional(number, 100)
    disk_max_gib  = optional(number, 1000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.broker.per_zone >= 1 && floor(var.broker.per_zone) == var.broker.per_zone
    error_message = "broker.per_zone must be a whole number of at least 1."
  }

  validation {
    condition     = can(regex("^kafka\\.[a-z0-9-]+\\.[a-z0-9]+$", var.broker.instance_type))
    error_message = "broker.instance_type must be a type of MSK, such as kafka.m7g.large."
  }

  validation {
    condition     = var.broker.disk_gib >= 10 && var.broker.disk_max_gib >= var.broker.disk_gib && var.broker.disk_max_gib <= 16384
    error_message = "broker.disk_gib must be at least 10, and disk_max_gib no less than it and at most 16384."
  }
}

variable "retention_hours" {
  description = "Hours that events are kept on the brokers; the recorder takes them into the object store."
  type        = number
  default     = 168
  nullable    = false

  validation {
    condition     = var.retention_hours >= 1
    error_message = "retention_hours must be at least 1."
  }
}

variable "vpc_id" {
  description = "VPC of the cluster."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^vpc-", var.vpc_id))
    error_message = "vpc_id must be the id of a VPC (vpc-...) when the cluster is made here."
  }
}

variable "subnet_ids" {
  description = "Private subnets, in at least three zones."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = var.existing != null || length(distinct(var.subnet_ids)) >= 3
    error_message = "subnet_ids needs at least three private subnets, in different zones: a topic with three copies refuses fewer."
  }
}

variable "client_security_group_ids" {
  description = "Security groups whose carriers reach the brokers, by a name of one's choice."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "client_cidrs" {
  description = "Ranges that reach the brokers, where no security group can be named."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for range in var.client_cidrs : can(cidrhost(range, 0)) && !endswith(range, "/0")])
    error_message = "Each of client_cidrs must be an IPv4 range, and not the whole internet."
  }
}

variable "kms_key_arn" {
  description = "KMS key of the brokers' disks."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: events are never kept in clear."
  }
}

variable "logs_key_arn" {
  description = "KMS key that encrypts the brokers' logs; its policy must admit CloudWatch Logs."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^arn:[a-z-]+:kms:", var.logs_key_arn))
    error_message = "logs_key_arn must be the ARN of a KMS key: logs are never kept in clear."
  }
}

variable "log_retention_days" {
  description = "Days that the brokers' logs are kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a retention that CloudWatch knows, such as 30, 90, 180, 365 or 731."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
