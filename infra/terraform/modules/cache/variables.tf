variable "name" {
  description = "Prefix of every resource's name, such as millrace-dev; the cache is NAME-cache."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: change it."
  }
}

variable "existing" {
  description = "Id of a replication group, made outside: looked up and checked, never changed. Null creates one."
  type        = string
  default     = null
}

variable "engine_version" {
  description = "Version of Valkey."
  type        = string
  default     = "8.0"
  nullable    = false

  validation {
    condition     = can(regex("^(7\\.2|8\\.[0-9])$", var.engine_version))
    error_message = "engine_version must be a version of Valkey that knows users, 7.2 or 8.x."
  }
}

variable "node_type" {
  description = "Size of each node."
  type        = string
  default     = "cache.t4g.small"
  nullable    = false

  validation {
    condition     = can(regex("^cache\\.[a-z0-9-]+\\.[a-z0-9]+$", var.node_type))
    error_message = "node_type must be a type of ElastiCache, such as cache.t4g.small."
  }
}

variable "replicas" {
  description = "Copies beside the primary, in other zones; one of them takes over when it fails."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.replicas >= 1 && var.replicas <= 5 && floor(var.replicas) == var.replicas
    error_message = "replicas must be a whole number from 1 to 5: without one, conversations are lost with their node."
  }
}

variable "users" {
  description = "Users by name and what each may do, in the words of Valkey's access lists. They log in as IAM roles; there are no passwords."
  type        = map(string)
  default     = { services = "on ~* -@all +@read +@write +@connection +@transaction" }
  nullable    = false

  validation {
    condition     = alltrue([for name, access in var.users : can(regex("^[a-z][a-z0-9-]{0,39}$", name)) && name != "default" && startswith(access, "on ")])
    error_message = "A user needs a name of up to 40 lower-case letters, digits or hyphens, other than default, and an access list that begins with \"on \"."
  }

  validation {
    condition     = alltrue([for name in keys(var.users) : length("${var.name}-${name}") <= 40])
    error_message = "A user's id is NAME-USER and may have 40 characters: shorten the user's name."
  }

  validation {
    condition     = length(var.users) > 0 && alltrue([for access in var.users : !strcontains(access, "+@all") && !strcontains(access, "nopass")])
    error_message = "Give at least one user, and name the kinds of commands (+@read +@write); +@all and nopass are refused."
  }
}

variable "snapshot_days" {
  description = "Days that daily snapshots are kept."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.snapshot_days >= 1 && var.snapshot_days <= 35
    error_message = "snapshot_days must be between 1 and 35."
  }
}

variable "vpc_id" {
  description = "VPC of the cache."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^vpc-", var.vpc_id))
    error_message = "vpc_id must be the id of a VPC (vpc-...) when the cache is made here."
  }
}

variable "subnet_ids" {
  description = "Private subnets, in at least two zones."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = var.existing != null || length(distinct(var.subnet_ids)) >= 2
    error_message = "subnet_ids needs at least two private subnets, in different zones: a cache with a replica refuses fewer."
  }
}

variable "client_security_group_ids" {
  description = "Security groups whose carriers reach the cache, by a name of one's choice."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "client_cidrs" {
  description = "Ranges that reach the cache, where no security group can be named."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for range in var.client_cidrs : can(cidrhost(range, 0)) && !endswith(range, "/0")])
    error_message = "Each of client_cidrs must be an IPv4 range, and not the whole internet."
  }
}

variable "kms_key_arn" {
  description = "KMS key of what is at rest."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: nothing is kept in clear."
  }
}

variable "logs_key_arn" {
  description = "KMS key that encrypts the cache's logs; its policy must admit CloudWatch Logs."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^arn:[a-z-]+:kms:", var.logs_key_arn))
    error_message = "logs_key_arn must be the ARN of a KMS key: logs are never kept in clear."
  }
}

variable "log_retention_days" {
  description = "Days that the cache's logs are kept."
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
