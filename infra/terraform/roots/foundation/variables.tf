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
  description = "The network: its range, zones, NAT (`none`, `single`, `per_zone`), ranges it must not overlap, and interface endpoints; or the ids of one made outside (`existing`). Null takes the module's default."
  type = object({
    cidr                = optional(string)
    zones               = optional(list(string))
    nat                 = optional(string)
    reserved_cidrs      = optional(list(string))
    interface_endpoints = optional(set(string))
    existing = optional(object({
      vpc_id             = string
      private_subnet_ids = list(string)
      public_subnet_ids  = optional(list(string), [])

      clients_security_group_id = optional(string)
    }))
  })

  validation {
    condition     = alltrue([for zone in coalesce(var.network.zones, []) : startswith(zone, var.region)])
    error_message = "network.zones must lie in the region ${var.region}: name its zones, or correct the region."
  }
}

variable "keys" {
  description = "Keys made outside, by purpose (`logs`, `alerts`, `data`, `secrets`, `cluster`, `registry`), each the ARN of a key; those not named are made."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for purpose in keys(var.keys) : contains(["logs", "alerts", "data", "secrets", "cluster", "registry"], purpose)])
    error_message = "keys may hold logs, alerts, data, secrets, cluster and registry; correct the purpose."
  }
}

variable "key_deletion_window_days" {
  description = "Days between the destruction of a key and the loss of everything encrypted with it."
  type        = number
  default     = null
}

variable "repositories" {
  description = "Repositories of images: one for each system, and one for jobs."
  type        = set(string)
  default     = ["jobs"]
  nullable    = false
}

variable "existing_repositories" {
  description = "Repositories made outside, by the name that they would have in `repositories`."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "pulling_accounts" {
  description = "Other accounts that may pull the images, such as the one of the next environment."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "existing_roles" {
  description = "Roles made outside, by name (`cluster`, `nodes`, `publish`)."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "ci" {
  description = "CI that publishes images: the OIDC issuer of its jobs, the audience, a provider made outside, and the subjects that may. Null if CI does not."
  type = object({
    issuer_url   = string
    audience     = optional(string)
    provider_arn = optional(string)
    subjects     = set(string)
  })
  default = null
}

variable "access_log_bucket" {
  description = "Name of the bucket for access logs; `existing` says that it was made outside."
  type = object({
    name     = string
    existing = optional(bool)
  })
}

variable "force_destroy" {
  description = "Whether destroying buckets and repositories deletes what is in them."
  type        = bool
  default     = false
  nullable    = false
}

variable "capabilities" {
  description = "What the API behind can do: `require_tls`. On unless it cannot."
  type = object({
    require_tls = optional(bool, true)
  })
  default  = {}
  nullable = false
}
