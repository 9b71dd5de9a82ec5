variable "name" {
  description = "Prefix of every resource's name, such as millrace-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: change it."
  }
}

variable "bucket" {
  description = "Name of the bucket."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket must be 3 to 63 lower-case letters, digits, dots or hyphens, beginning and ending with a letter or digit."
  }
}

variable "existing" {
  description = "A bucket and queue made outside, the queue by name: looked up, never changed; `bucket` is then the bucket's name. Null creates both."
  type = object({
    queue = string
  })
  default = null
}

variable "incoming_prefix" {
  description = "Prefix under which devices put what they send; each object under it becomes a message."
  type        = string
  default     = "incoming/"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9-]+/$", var.incoming_prefix))
    error_message = "incoming_prefix must be a folder's name and a slash, such as incoming/: without one every write would become a message."
  }
}

variable "retention_days" {
  description = "Days that what devices sent is kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 3650 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days must be a whole number between 1 and 3650."
  }
}

variable "handling_s" {
  description = "Seconds that a message is hidden while it is handled."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.handling_s >= 30 && var.handling_s <= 43200
    error_message = "handling_s must be between 30 and 43200, as SQS has it."
  }
}

variable "attempts" {
  description = "How often a message is tried before it is laid aside in the dead-letter queue."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.attempts >= 1 && var.attempts <= 1000
    error_message = "attempts must be between 1 and 1000."
  }
}

variable "kms_key_arn" {
  description = "KMS key of bucket and queues; its policy must admit S3."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: nothing is kept in clear."
  }
}

variable "access_log_bucket" {
  description = "Name of the existing bucket that takes the access logs."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || var.access_log_bucket != null
    error_message = "access_log_bucket must name a bucket (module access_logs): who reads and writes is always logged."
  }
}

variable "require_tls" {
  description = "Capability: the API behind takes requests over TLS, so that others can be refused."
  type        = bool
  default     = true
  nullable    = false
}

variable "redrive_permission" {
  description = "Capability: the API knows which queues may lay messages aside in which (RedriveAllowPolicy)."
  type        = bool
  default     = true
  nullable    = false
}

variable "force_destroy" {
  description = "Whether destroying the bucket deletes the objects in it."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
