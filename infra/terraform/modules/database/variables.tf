variable "name" {
  description = "Prefix of every resource's name, such as millrace-dev; the instance is NAME-tracking."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: change it."
  }
}

variable "existing" {
  description = "Identifier of an instance made outside: looked up and checked, never changed. Null creates one."
  type        = string
  default     = null
}

variable "engine_version" {
  description = "Major version of PostgreSQL; minor ones follow by themselves."
  type        = string
  default     = "17"
  nullable    = false

  validation {
    condition     = can(regex("^1[4-9]$", var.engine_version))
    error_message = "engine_version must be a major version of PostgreSQL from 14 on, such as 17."
  }
}

variable "instance_class" {
  description = "Size of the instance."
  type        = string
  default     = "db.t4g.medium"
  nullable    = false

  validation {
    condition     = can(regex("^db\\.[a-z0-9-]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "instance_class must be a class of RDS, such as db.t4g.medium."
  }
}

variable "storage_gib" {
  description = "Storage at first, and the most that it may grow to by itself."
  type = object({
    initial = optional(number, 50)
    maximum = optional(number, 500)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.storage_gib.initial >= 20 && var.storage_gib.maximum >= var.storage_gib.initial * 1.1
    error_message = "storage_gib.initial must be at least 20, and maximum at least a tenth more than initial, or storage could not grow."
  }
}

variable "database_name" {
  description = "Database that is made in the instance."
  type        = string
  default     = "mlflow"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_name))
    error_message = "database_name must be up to 63 lower-case letters, digits or underscores, beginning with a letter."
  }
}

variable "username" {
  description = "Name of the master user; its password is made, kept and rotated by RDS in Secrets Manager."
  type        = string
  default     = "millrace"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,15}$", var.username)) && !contains(["admin", "postgres", "rdsadmin"], var.username)
    error_message = "username must be up to 16 lower-case letters, digits or underscores, beginning with a letter, and not one that PostgreSQL or RDS keeps for itself."
  }
}

variable "vpc_id" {
  description = "VPC of the instance."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^vpc-", var.vpc_id))
    error_message = "vpc_id must be the id of a VPC (vpc-...) when the instance is made here."
  }
}

variable "subnet_ids" {
  description = "Private subnets, in at least two zones."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = var.existing != null || length(distinct(var.subnet_ids)) >= 2
    error_message = "subnet_ids needs at least two private subnets, in different zones: RDS refuses fewer."
  }
}

variable "client_security_group_ids" {
  description = "Security groups whose carriers reach the database, by a name of one's choice."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "client_cidrs" {
  description = "Ranges that reach the database, where no security group can be named."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for range in var.client_cidrs : can(cidrhost(range, 0)) && !endswith(range, "/0")])
    error_message = "Each of client_cidrs must be an IPv4 range, and not the whole internet."
  }
}

variable "kms_key_arn" {
  description = "KMS key of storage, backups, insights and the master user's secret."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: storage is never kept in clear."
  }
}

variable "logs_key_arn" {
  description = "KMS key that encrypts the database's logs; its policy must admit CloudWatch Logs."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^arn:[a-z-]+:kms:", var.logs_key_arn))
    error_message = "logs_key_arn must be the ARN of a KMS key: logs are never kept in clear."
  }
}

variable "log_retention_days" {
  description = "Days that the database's logs are kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a retention that CloudWatch knows, such as 30, 90, 180, 365 or 731."
  }
}

variable "multi_zone" {
  description = "Keep a standby in a second zone."
  type        = bool
  default     = true
  nullable    = false
}

variable "backup_days" {
  description = "Days to which the database can be set back."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "backup_days must be between 1 and 35: a tracking database without backups loses every model's history."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the instance. To destroy it, apply with false first."
  type        = bool
  default     = true
  nullable    = false
}

variable "final_snapshot" {
  description = "Take a snapshot when the instance is destroyed. Off only where nothing in it matters, as in a rehearsal."
  type        = bool
  default     = true
  nullable    = false
}

variable "performance_insights" {
  description = "Capability: the API knows Performance Insights."
  type        = bool
  default     = true
  nullable    = false
}

variable "parameters" {
  description = "Capability: the API tells which parameters of a group were set, so that Terraform can keep them. RDS itself demands TLS from version 15 on; without this, logging is the engine's default."
  type        = bool
  default     = true
  nullable    = false
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the role made here; null for none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
