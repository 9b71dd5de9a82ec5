variable "name" {
  description = "Prefix of every resource's name, such as millrace-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: change it."
  }
}

variable "existing" {
  description = "Id of a Prometheus workspace made outside: looked up, and given no rules and no Alertmanager; topics, log groups and alarms are made all the same. Null creates one."
  type        = string
  default     = null

  validation {
    condition     = var.existing == null || can(regex("^ws-", var.existing))
    error_message = "existing must be the id of a workspace (ws-...)."
  }
}

variable "rules" {
  description = "Prometheus rules by namespace, each the text of a rules file."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for text in var.rules : can(yamldecode(text).groups[0].rules[0])])
    error_message = "Each of rules must be YAML with groups and rules: `promtool check rules` tells what is wrong."
  }
}

variable "alertmanager" {
  description = "Capability: the workspace takes an Alertmanager definition."
  type        = bool
  default     = true
  nullable    = false
}

variable "workspace_key" {
  description = "Capability: the API encrypts a workspace with a key of ours and tells so."
  type        = bool
  default     = true
  nullable    = false
}

variable "kms_key_arn" {
  description = "KMS key of the workspace's metrics."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "alerts_key_arn" {
  description = "KMS key of the topic; its policy must admit CloudWatch, AMP and Budgets."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.alerts_key_arn))
    error_message = "alerts_key_arn must be the ARN of a KMS key."
  }
}

variable "logs_key_arn" {
  description = "KMS key that encrypts the logs; its policy must admit CloudWatch Logs."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.logs_key_arn))
    error_message = "logs_key_arn must be the ARN of a KMS key."
  }
}

variable "log_groups" {
  description = "Groups of the platform's own logs, named /millrace/NAME/GROUP."
  type        = set(string)
  default     = ["services", "jobs", "platform"]
  nullable    = false

  validation {
    condition     = alltrue([for group in var.log_groups : can(regex("^[a-z][a-z0-9-]{0,39}$", group))])
    error_message = "A log group's name must be up to 40 lower-case letters, digits or hyphens, beginning with a letter."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a retention that CloudWatch knows, such as 30, 90, 180, 365 or 731."
  }
}

variable "subscribers" {
  description = "Who is told of alarms and alerts, by name: an address of e-mail, or an https address such as the steward's."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for address in var.subscribers : can(regex("^(https://.+|[^@/ ]+@[^@/ ]+)$", address))])
    error_message = "Each of subscribers must be an e-mail address or begin with https://: alerts are not sent in clear."
  }
}

variable "alarms" {
  description = "CloudWatch alarms by name: metric, when it alarms, and what that means."
  type = map(object({
    description = string
    namespace   = string
    metric      = string
    dimensions  = map(string)
    statistic   = optional(string, "Average")
    comparison  = optional(string, "GreaterThanThreshold")
    threshold   = number
    period_s    = optional(number, 300)
    periods     = optional(number, 3)
    missing     = optional(string, "notBreaching")
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for alarm in var.alarms : contains(["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"], alarm.comparison)])
    error_message = "comparison must be one of CloudWatch's: GreaterThanThreshold, GreaterThanOrEqualToThreshold, LessThanThreshold or LessThanOrEqualToThreshold."
  }

  validation {
    condition     = alltrue([for alarm in var.alarms : contains([10, 30], alarm.period_s) || alarm.period_s % 60 == 0 && alarm.period_s > 0])
    error_message = "period_s must be 10, 30 or a multiple of 60 seconds."
  }

  validation {
    condition     = alltrue([for alarm in var.alarms : contains(["Average", "Maximum", "Minimum", "SampleCount", "Sum"], alarm.statistic) && contains(["breaching", "ignore", "missing", "notBreaching"], alarm.missing)])
    error_message = "statistic must be Average, Maximum, Minimum, SampleCount or Sum, and missing breaching, ignore, missing or notBreaching."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
