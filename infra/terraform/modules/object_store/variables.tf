variable "buckets" {
  description = "Buckets by purpose: name, how superseded versions are kept (`expire` after retention_days, `retain` for ever), and the principals (keys of `principals`) that may read or read and write. A writer need not be named as a reader."
  type = map(object({
    name       = string
    versioning = optional(string, "expire")
    readers    = optional(list(string), [])
    writers    = optional(list(string), [])
  }))

  validation {
    condition     = alltrue([for b in var.buckets : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", b.name))])
    error_message = "Each bucket name must be 3 to 63 lower-case letters, digits, dots or hyphens, beginning and ending with a letter or digit: change the name that does not fit."
  }

  validation {
    condition     = length(distinct([for b in var.buckets : b.name])) == length(var.buckets)
    error_message = "Two purposes name the same bucket: policies would overwrite one another, so give each purpose a bucket of its own."
  }

  validation {
    condition     = alltrue([for b in var.buckets : contains(["expire", "retain"], b.versioning)])
    error_message = "versioning must be \"expire\" (superseded versions go after retention_days) or \"retain\" (they stay); objects are always versioned."
  }

  validation {
    condition = alltrue(flatten([
      for b in var.buckets : [for p in concat(b.readers, b.writers) : contains(keys(var.principals), p)]
    ]))
    error_message = "A reader or writer is not a key of `principals`: add its ARN there, or correct the name."
  }
}

variable "principals" {
  description = "ARN of each principal that a bucket names as reader or writer. The module makes no user and no key."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for arn in var.principals : can(regex("^arn:[a-z-]+:(iam|sts)::", arn))])
    error_message = "Each principal must be an IAM or STS ARN, such as arn:aws:iam::123456789012:role/jobs."
  }
}

variable "retention_days" {
  description = "Days that superseded object versions are kept in buckets whose versioning is `expire`."
  type        = number
  default     = 30

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 3650 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days must be a whole number between 1 and 3650; to keep everything, set versioning = \"retain\"."
  }
}

variable "force_destroy" {
  description = "Whether destroying a bucket deletes the objects in it. Leave it false: a bucket with data then refuses to go."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "KMS key that encrypts new objects; null leaves the store's own default encryption."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key, or null for the store's own default encryption."
  }
}

variable "require_tls" {
  description = "Refuse requests that do not come over TLS. Off only where the store listens on loopback."
  type        = bool
  default     = true
}

variable "block_public_access" {
  description = "Capability: the store knows S3's public access block. SeaweedFS does not (501)."
  type        = bool
  default     = true
}

variable "access_logging" {
  description = "Capability: the store can log accesses into a bucket. SeaweedFS cannot (409)."
  type        = bool
  default     = true
}

variable "access_log_bucket" {
  description = "Name of the existing bucket that takes the access logs; needed while access_logging is on."
  type        = string
  default     = null

  validation {
    condition     = !var.access_logging || var.access_log_bucket != null
    error_message = "access_logging is on and access_log_bucket names no bucket: name one, or set access_logging = false where the store cannot log."
  }
}

variable "tags" {
  description = "Tags of every bucket."
  type        = map(string)
  default     = {}
}
