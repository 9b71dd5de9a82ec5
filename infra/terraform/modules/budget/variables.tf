variable "name" {
  description = "Prefix of every resource's name, such as millrace-dev; the budget is NAME-monthly."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: change it."
  }
}

variable "existing" {
  description = "Name of a budget, made outside: looked up and checked, never changed. Null creates one."
  type        = string
  default     = null
}

variable "environment" {
  description = "Value of the tag Environment whose costs are counted; the tag must be activated for cost allocation."
  type        = string
}

variable "monthly_limit_usd" {
  description = "What the environment may cost in a month, in US dollars."
  type        = number
  default     = null

  validation {
    condition     = var.existing != null || try(var.monthly_limit_usd > 0, false)
    error_message = "monthly_limit_usd must be more than 0 when the budget is made here."
  }
}

variable "thresholds" {
  description = "Shares of the limit at which somebody is told, in percent: of what was spent (`actual`) and of what the month is going to cost (`forecast`)."
  type = object({
    actual   = optional(set(number), [50, 80, 100])
    forecast = optional(set(number), [100])
  })
  default  = {}
  nullable = false

  validation {
    condition     = length(var.thresholds.actual) + length(var.thresholds.forecast) > 0 && alltrue([for share in concat(tolist(var.thresholds.actual), tolist(var.thresholds.forecast)) : share > 0 && share <= 1000])
    error_message = "Give at least one threshold, each more than 0 and at most 1000 percent."
  }
}

variable "topic_arn" {
  description = "Topic that is told; its policy and key must admit Budgets."
  type        = string
  default     = null

  validation {
    condition     = var.topic_arn == null || can(regex("^arn:[a-z-]+:sns:", var.topic_arn))
    error_message = "topic_arn must be the ARN of a topic, or null."
  }
}

variable "emails" {
  description = "Addresses that are told."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = var.existing != null || length(var.emails) > 0 || var.topic_arn != null
    error_message = "Nobody would be told: give topic_arn or emails."
  }

  validation {
    condition     = alltrue([for address in var.emails : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "Each of emails must be an e-mail address."
  }
}

variable "actions" {
  description = "What happens by itself when a share of the limit is spent, by name: the roles named may start nothing more that costs. Not `automatic`, it waits for somebody's consent."
  type = map(object({
    percent   = number
    roles     = set(string)
    automatic = optional(bool, false)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for action in var.actions : action.percent > 0 && length(action.roles) > 0])
    error_message = "An action needs a percent above 0 and the names of the roles that it stops."
  }

  validation {
    condition     = length(var.actions) == 0 || length(var.emails) > 0 || var.topic_arn != null
    error_message = "An action must tell somebody: give topic_arn or emails."
  }
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
