variable "name" {
  description = "Prefix of every alias, such as millrace-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: change it."
  }
}

variable "keys" {
  description = "Keys by purpose: what each is for, the AWS services that encrypt with it in this account (such as logs.amazonaws.com), the service-linked roles that do (such as autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling), and, to use a key made outside instead, its ARN as `existing`."
  type = map(object({
    description          = string
    services             = optional(set(string), [])
    service_linked_roles = optional(set(string), [])
    existing             = optional(string)
  }))

  validation {
    condition     = alltrue([for purpose in keys(var.keys) : can(regex("^[a-z][a-z0-9-]{0,29}$", purpose))])
    error_message = "A key's purpose becomes its alias: use up to 30 lower-case letters, digits and hyphens, beginning with a letter."
  }

  validation {
    condition     = alltrue(flatten([for key in var.keys : [for service in key.services : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)*\\.amazonaws\\.com$", service))]]))
    error_message = "services must be service principals without a region, such as logs.amazonaws.com."
  }

  validation {
    condition     = alltrue(flatten([for key in var.keys : [for role in key.service_linked_roles : can(regex("^[a-z0-9.-]+\\.amazonaws\\.com/AWSServiceRoleFor\\w+$", role))]]))
    error_message = "service_linked_roles must give service and role, such as autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling."
  }

  validation {
    condition     = alltrue([for key in var.keys : key.existing == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", key.existing))])
    error_message = "existing must be the ARN of a key (arn:aws:kms:REGION:ACCOUNT:key/ID), not of an alias: aliases can be moved to another key unseen."
  }
}

variable "deletion_window_days" {
  description = "Days between the destruction of a key and the loss of everything encrypted with it."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "deletion_window_days must be between 7 and 30, as KMS has it."
  }
}

variable "rotation_days" {
  description = "Days after which a key's material is renewed; what was encrypted before can still be read. Null is KMS's own year."
  type        = number
  default     = null

  validation {
    condition     = var.rotation_days == null ? true : var.rotation_days >= 90 && var.rotation_days <= 2560
    error_message = "rotation_days must be between 90 and 2560, as KMS has it, or null for a year; rotation cannot be turned off here."
  }
}

variable "tags" {
  description = "Tags of every key."
  type        = map(string)
  default     = {}
  nullable    = false
}
