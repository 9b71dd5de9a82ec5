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

variable "key_arns" {
  description = "ARN of the KMS keys, by purpose, as the root module foundation yields them."
  type = object({
    alerts = string
    data   = string
    logs   = string
  })
}

variable "workspace" {
  description = "Id of a Prometheus workspace made outside; null creates one."
  type        = string
  default     = null
}

variable "rules" {
  description = "The project's Prometheus rules by namespace, each the text of a rules file."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "subscribers" {
  description = "Who is told of alarms and alerts, by name: an e-mail or https address."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "database_instance_id" {
  description = "The tracking database, as the root module data yields it; null for no alarms about it."
  type        = string
  default     = null
}

variable "dead_letter_queue_name" {
  description = "Queue of messages of devices laid aside, as the root module data yields it; null for no alarm about it."
  type        = string
  default     = null
}

variable "event_cluster_name" {
  description = "The event bus, as the root module data yields it; null for no alarm about it."
  type        = string
  default     = null
}

variable "cache_member_ids" {
  description = "Nodes of the cache, as the root module data yields them."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "load_balancer" {
  description = "What metrics call the load balancer and its targets, as the root module cluster yields it; null for no alarms about it."
  type = object({
    arn_suffix              = string
    target_group_arn_suffix = optional(string)
  })
  default = null
}

variable "alarms" {
  description = "Further alarms by name, in the form of the module monitoring; one of the name of ours takes its place."
  type = map(object({
    description = string
    namespace   = string
    metric      = string
    dimensions  = map(string)
    statistic   = optional(string)
    comparison  = optional(string)
    threshold   = number
    period_s    = optional(number)
    periods     = optional(number)
    missing     = optional(string)
  }))
  default  = {}
  nullable = false
}

variable "budget" {
  description = "What the environment may cost in a month, who is told and what happens then; or the name of a budget made outside (`existing`). Null makes none."
  type = object({
    existing          = optional(string)
    monthly_limit_usd = optional(number)
    thresholds        = optional(object({ actual = optional(set(number)), forecast = optional(set(number)) }))
    emails            = optional(set(string))
    actions           = optional(map(object({ percent = number, roles = set(string), automatic = optional(bool) })))
  })
  default = null
}

variable "capabilities" {
  description = "What the API behind can do: `alertmanager`, `workspace_key`, `budgets`. On unless it cannot."
  type = object({
    alertmanager  = optional(bool, true)
    workspace_key = optional(bool, true)
    budgets       = optional(bool, true)
  })
  default  = {}
  nullable = false
}
