variable "name" {
  description = "Prefix of every role's name, such as millrace-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: change it."
  }
}

variable "existing" {
  description = "Roles made outside, by the name that they would have here: looked up, checked and yielded in place of new ones."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.existing : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/", arn))])
    error_message = "Each of existing must be the ARN of a role, such as arn:aws:iam::123456789012:role/cluster."
  }
}

variable "service_roles" {
  description = "Roles that AWS services take: `cluster` (the EKS control plane) and `nodes` (its instances)."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for role in var.service_roles : contains(["cluster", "nodes"], role)])
    error_message = "service_roles may hold \"cluster\" and \"nodes\"; other roles are workloads or ci_roles."
  }
}

variable "cluster_key_arn" {
  description = "KMS key that encrypts the cluster's secrets; the role `cluster` may use it and no other."
  type        = string
  default     = null

  validation {
    condition     = !contains(var.service_roles, "cluster") || can(regex("^arn:[a-z-]+:kms:", var.cluster_key_arn))
    error_message = "cluster_key_arn must be the ARN of a KMS key when the role cluster is made: secrets are never kept in clear."
  }
}

variable "cluster_oidc" {
  description = "The cluster's OIDC issuer, which vouches for service accounts; `provider_arn` names a provider made outside. Null while there is no cluster."
  type = object({
    issuer_url   = string
    provider_arn = optional(string)
  })
  default = null

  validation {
    condition     = try(var.cluster_oidc.issuer_url, null) == null || can(regex("^https://", var.cluster_oidc.issuer_url))
    error_message = "cluster_oidc.issuer_url must begin with https://, as the cluster shows it."
  }
}

variable "workloads" {
  description = "Roles of service accounts in the cluster, by name: which account takes the role, and what it may do there. Actions and resources are named; `managed_policies` are ARNs of AWS's own, for controllers that demand them."
  type = map(object({
    namespace        = string
    service_account  = string
    managed_policies = optional(set(string), [])
    statements = optional(list(object({
      actions    = set(string)
      resources  = set(string)
      conditions = optional(map(map(list(string))), {})
    })), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(var.workloads) == 0 || var.cluster_oidc != null
    error_message = "Workloads take their roles through the cluster's OIDC issuer: give cluster_oidc."
  }

  validation {
    condition     = alltrue([for workload in var.workloads : can(regex("^[a-z0-9-]+$", workload.namespace)) && can(regex("^[a-z0-9.-]+$", workload.service_account))])
    error_message = "A workload's namespace and service_account must be names, not patterns: a pattern would give the role to others."
  }

  validation {
    condition     = alltrue(flatten([for workload in var.workloads : [for s in workload.statements : [for action in s.actions : can(regex("^[a-z0-9-]+:[A-Za-z]+$", action))]]]))
    error_message = "Actions are named one by one (s3:GetObject), without wildcards: name those that the workload calls."
  }

  validation {
    condition     = alltrue(flatten([for workload in var.workloads : [for s in workload.statements : [for arn in s.resources : can(regex(local.named_resource, arn)) && !can(regex(local.unbounded_resource, arn)) || length(setsubtract(s.actions, local.unscoped_actions)) == 0]]]))
    error_message = "A resource must name what it is (arn:aws:s3:::my-bucket/*), never * or a bare prefix of a service: give the ARN."
  }
}

variable "ci_oidc" {
  description = "The OIDC issuer of CI's jobs and the audience of their tokens; `provider_arn` names a provider made outside, as an account can hold one for each issuer. Null if CI takes no role."
  type = object({
    issuer_url   = string
    audience     = optional(string, "sts.amazonaws.com")
    provider_arn = optional(string)
  })
  default = null

  validation {
    condition     = try(var.ci_oidc.issuer_url, null) == null || can(regex("^https://", var.ci_oidc.issuer_url))
    error_message = "ci_oidc.issuer_url must begin with https://, such as https://token.actions.githubusercontent.com."
  }
}

variable "ci_roles" {
  description = "Roles that CI's jobs take, by name: the token subjects that may, and what the role may do."
  type = map(object({
    subjects = set(string)
    statements = list(object({
      actions    = set(string)
      resources  = set(string)
      conditions = optional(map(map(list(string))), {})
    }))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(var.ci_roles) == 0 || var.ci_oidc != null
    error_message = "CI takes its roles through its OIDC issuer: give ci_oidc."
  }

  validation {
    condition     = alltrue([for role in var.ci_roles : length(role.subjects) > 0 && alltrue([for subject in role.subjects : !strcontains(subject, "*") && !strcontains(subject, "?")])])
    error_message = "Each CI role needs subjects, whole and without wildcards (repo:acme/millrace:environment:prod): a pattern lets other branches in."
  }

  validation {
    condition     = alltrue(flatten([for role in var.ci_roles : [for s in role.statements : [for action in s.actions : can(regex("^[a-z0-9-]+:[A-Za-z]+$", action))]]]))
    error_message = "Actions are named one by one (ecr:PutImage), without wildcards: name those that the job calls."
  }

  validation {
    condition     = alltrue(flatten([for role in var.ci_roles : [for s in role.statements : [for arn in s.resources : can(regex(local.named_resource, arn)) && !can(regex(local.unbounded_resource, arn)) || length(setsubtract(s.actions, local.unscoped_actions)) == 0]]]))
    error_message = "A resource must name what it is (arn:aws:ecr:us-east-1:123456789012:repository/my-image), never * or a bare prefix of a service: give the ARN."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds every role made here; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:policy/", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of a policy of this account, or null."
  }
}

variable "tags" {
  description = "Tags of every role."
  type        = map(string)
  default     = {}
  nullable    = false
}
