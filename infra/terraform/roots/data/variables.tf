variable "project" {
  description = "Name of the project: with the environment it begins every name, and it is a tag."
  type        = string
  default     = "millrace"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.project))
    error_message = "project must be 2 to 12 lower-case letters or digits and begin with a letter."
  }
}

variable "environment" {
  description = "Name of the environment: with the project it begins every name, and it is a tag."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,13}[a-z0-9]$", var.environment))
    error_message = "environment must be 2 to 15 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: longer names of roles and buckets would be refused."
  }
}

variable "region" {
  description = "Region of everything in this root module."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region's name, such as us-east-1, not a zone."
  }
}

variable "account_id" {
  description = "The account that this environment belongs to: with the credentials of another, nothing is planned. Null takes any."
  type        = string
  default     = null

  validation {
    condition     = var.account_id == null || can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be an account's id of 12 digits, or null."
  }
}

variable "max_retries" {
  description = "How often a request that AWS throttles or fails is sent again, with back-off."
  type        = number
  default     = 25
  nullable    = false

  validation {
    condition     = var.max_retries >= 0 && var.max_retries <= 100
    error_message = "max_retries must be between 0 and 100."
  }
}

variable "tags" {
  description = "Tags of every resource, besides Project and Environment."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds every role made here; null for none."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = null
}

variable "network" {
  description = "The network, as the root module foundation yields it. Stores admit who carries `clients_security_group_id`, or without one the whole VPC."
  type = object({
    vpc_id                    = string
    cidr                      = string
    private_subnet_ids        = list(string)
    clients_security_group_id = optional(string)
  })
}

variable "key_arns" {
  description = "ARN of the KMS keys, by purpose, as the root module foundation yields them."
  type = object({
    data    = string
    logs    = string
    secrets = string
  })
}

variable "access_log_bucket" {
  description = "Name of the bucket for access logs, as the root module foundation yields it."
  type        = string
}

variable "bucket_names" {
  description = "Name of the bucket for each purpose; names are shared by all of AWS, so begin them with your organisation's."
  type = object({
    datasets    = string
    pipelines   = string
    models      = string
    releases    = string
    predictions = string
  })
}

variable "existing_buckets" {
  description = "Purposes whose buckets were made outside: they are looked up and left alone."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for purpose in var.existing_buckets : contains(["datasets", "pipelines", "models", "releases", "predictions"], purpose)])
    error_message = "existing_buckets may hold datasets, pipelines, models, releases and predictions; correct the purpose."
  }
}

variable "retention_days" {
  description = "Days that superseded object versions, and what devices sent, are kept."
  type        = number
  default     = null
}

variable "force_destroy" {
  description = "Whether destroying a bucket deletes the objects in it."
  type        = bool
  default     = false
  nullable    = false
}

variable "database" {
  description = "The tracking database, or the identifier of one made outside (`existing`). Null attributes take the module's defaults."
  type = object({
    existing            = optional(string)
    engine_version      = optional(string)
    instance_class      = optional(string)
    storage_gib         = optional(object({ initial = optional(number), maximum = optional(number) }))
    multi_zone          = optional(bool)
    backup_days         = optional(number)
    deletion_protection = optional(bool)
    final_snapshot      = optional(bool)
  })
  default  = {}
  nullable = false
}

variable "secrets" {
  description = "Places for secrets by name: what each is for, or the ARN of one made outside (`existing`)."
  type = map(object({
    description = string
    existing    = optional(string)
  }))
  default  = {}
  nullable = false
}

variable "secret_recovery_days" {
  description = "Days in which a destroyed secret can be had back; 0 removes it at once."
  type        = number
  default     = null
}

variable "edge" {
  description = "Bucket and queue for fleets of devices, or those made outside (`existing` names the queue). Null makes none."
  type = object({
    bucket   = string
    existing = optional(object({ queue = string }))
  })
  default = null
}

variable "events" {
  description = "The event bus, or the name of one made outside (`existing`). Null makes none."
  type = object({
    existing        = optional(string)
    kafka_version   = optional(string)
    retention_hours = optional(number)
    broker = optional(object({
      per_zone      = optional(number)
      instance_type = optional(string)
      disk_gib      = optional(number)
      disk_max_gib  = optional(number)
    }))
  })
  default = {}
}

variable "cache" {
  description = "The cache, or the id of one made outside (`existing`). Null makes none."
  type = object({
    existing       = optional(string)
    engine_version = optional(string)
    node_type      = optional(string)
    replicas       = optional(number)
    snapshot_days  = optional(number)
  })
  default = {}
}

variable "capabilities" {
  description = "What the API behind can do: `require_tls`, `performance_insights`, `database_parameters`, `redrive_permission`, `kafka_clusters`, `replication_groups`. All on unless it cannot."
  type = object({
    require_tls          = optional(bool, true)
    performance_insights = optional(bool, true)
    database_parameters  = optional(bool, true)
    redrive_permission   = optional(bool, true)
    kafka_clusters       = optional(bool, true)
    replication_groups   = optional(bool, true)
  })
  default  = {}
  nullable = false
}
