variable "environment" {
  description = "Name of the environment; it becomes a tag of every bucket."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.environment))
    error_message = "environment must be 1 to 31 lower-case letters, digits or hyphens and begin with a letter."
  }
}

variable "bucket_names" {
  description = "Name of the bucket for each purpose."
  type = object({
    datasets    = string
    pipelines   = string
    models      = string
    releases    = string
    predictions = string
  })
}

variable "principals" {
  description = "ARN of each principal: `tracking` (MLflow), `jobs`, `delivery` and `recorder`."
  type = object({
    tracking = string
    jobs     = string
    delivery = string
    recorder = string
  })
}

variable "endpoint_url" {
  description = "Address of an S3 API that is not AWS; null for AWS itself."
  type        = string
  default     = null

  validation {
    condition     = var.endpoint_url == null || can(regex("^https?://", var.endpoint_url))
    error_message = "endpoint_url must begin with http:// or https://, or be null for AWS."
  }
}

variable "region" {
  description = "Region of the buckets; a store that is not AWS takes any."
  type        = string
  default     = "us-east-1"
}

variable "retention_days" {
  description = "Days that superseded object versions are kept."
  type        = number
  default     = 30
}

variable "force_destroy" {
  description = "Whether destroying a bucket deletes the objects in it."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "KMS key that encrypts new objects; null leaves the store's own default encryption."
  type        = string
  default     = null
}

variable "capabilities" {
  description = "What the store can do: `require_tls`, `block_public_access`, `access_logging`. All on unless the store lacks it."
  type = object({
    require_tls         = optional(bool, true)
    block_public_access = optional(bool, true)
    access_logging      = optional(bool, true)
  })
  default = {}
}

variable "access_log_bucket" {
  description = "Existing bucket that takes the access logs; needed while capabilities.access_logging is on."
  type        = string
  default     = null
}
