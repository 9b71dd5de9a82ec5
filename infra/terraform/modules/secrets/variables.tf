variable "name" {
  description = "Prefix of every resource's name, such as millrace-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: change it."
  }
}

variable "secrets" {
  description = "Secrets by name: what each is for, and, to use one made outside, its ARN as `existing`. Values are put in by whoever knows them and are never seen here."
  type = map(object({
    description = string
    existing    = optional(string)
  }))

  validation {
    condition     = alltrue([for name in keys(var.secrets) : can(regex("^[a-z][a-z0-9-]{0,62}$", name))])
    error_message = "A secret's name must be up to 63 lower-case letters, digits or hyphens, beginning with a letter."
  }

  validation {
    condition     = alltrue([for secret in var.secrets : secret.existing == null || can(regex("^arn:[a-z-]+:secretsmanager:", secret.existing))])
    error_message = "existing must be the ARN of a secret (arn:aws:secretsmanager:...), not its name, which could come to mean another."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the secrets."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "recovery_days" {
  description = "Days in which a destroyed secret can be had back; 0 removes it at once, as in a rehearsal."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.recovery_days == 0 || var.recovery_days >= 7 && var.recovery_days <= 30
    error_message = "recovery_days must be between 7 and 30, or 0 to remove secrets at once."
  }
}

variable "require_tls" {
  description = "Capability: the API behind takes requests over TLS, so that others can be refused."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
