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
  description = "The network, as the root module foundation yields it."
  type = object({
    vpc_id                    = string
    private_subnet_ids        = list(string)
    public_subnet_ids         = optional(list(string), [])
    clients_security_group_id = optional(string)
  })
}

variable "key_arns" {
  description = "ARN of the KMS keys, by purpose, as the root module foundation yields them."
  type = object({
    cluster = string
    data    = string
    logs    = string
    secrets = string
  })
}

variable "role_arns" {
  description = "Roles of control plane and nodes, as the root module foundation yields them."
  type = object({
    cluster = string
    nodes   = string
  })
}

variable "access_log_bucket" {
  description = "Name of the bucket for access logs, as the root module foundation yields it."
  type        = string
}

variable "repositories" {
  description = "Repositories of images, as the root module foundation yields them: delivery may publish to them."
  type        = map(object({ url = string, arn = string }))
  default     = {}
  nullable    = false
}

variable "buckets" {
  description = "The buckets, by purpose, as the root module data yields them."
  type = object({
    datasets    = object({ name = string, arn = string })
    pipelines   = object({ name = string, arn = string })
    models      = object({ name = string, arn = string })
    releases    = object({ name = string, arn = string })
    predictions = object({ name = string, arn = string })
  })
}

variable "database_secret_arn" {
  description = "Secret with the tracking database's user and password, as the root module data yields it."
  type        = string
}

variable "secret_arns" {
  description = "Secrets by name, as the root module data yields them."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "secret_readers" {
  description = "Which workloads read which secret, by the secret's name."
  type        = map(set(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.secret_readers) : contains(keys(var.secret_arns), name)])
    error_message = "secret_readers names a secret that the root module data does not make: add it to that root's secrets, or correct the name."
  }
}

variable "edge" {
  description = "Bucket and queue for fleets of devices, as the root module data yields them; null if there are none."
  type = object({
    bucket = object({ name = string, arn = string })
    queue  = object({ name = string, url = string, arn = string })
  })
  default = null
}

variable "events" {
  description = "The event bus, as the root module data yields it; null if there is none."
  type = object({
    arn        = string
    topics_arn = string
    groups_arn = string
  })
  default = null
}

variable "cache" {
  description = "The cache, as the root module data yields it; null if there is none."
  type = object({
    arn   = string
    users = map(object({ name = string, arn = string }))
  })
  default = null
}

variable "cluster" {
  description = "The cluster, or the name of one made outside (`existing`, with `provider_arn` if its OIDC provider exists too). Null attributes take the module's defaults."
  type = object({
    existing           = optional(string)
    provider_arn       = optional(string)
    kubernetes_version = optional(string)
    service_cidr       = optional(string)
    api_cidrs          = optional(set(string))
    public_api_cidrs   = optional(set(string))
    access_entries = optional(map(object({
      principal_arn = string
      policy        = optional(string)
      namespaces    = optional(set(string))
    })))
    addon_versions = optional(map(string), {})
    node_groups = optional(map(object({
      instance_types = list(string)
      accelerator    = optional(string)
      spot           = optional(bool)
      min            = number
      max            = number
      disk_gib       = optional(number)
      labels         = optional(map(string))
      taints         = optional(list(object({ key = string, value = optional(string), effect = optional(string) })))
    })))
  })
  default  = {}
  nullable = false
}

variable "namespace" {
  description = "Namespace of the platform's own workloads: their roles can be taken from nowhere else."
  type        = string
  default     = "millrace"
  nullable    = false
}

variable "workloads" {
  description = "Further roles of service accounts, by name, in the form of the module identity."
  type = map(object({
    namespace        = string
    service_account  = string
    managed_policies = optional(set(string))
    statements = optional(list(object({
      actions    = set(string)
      resources  = set(string)
      conditions = optional(map(map(list(string))))
    })))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setintersection(keys(var.workloads), keys(local.statements))) == 0
    error_message = "workloads names one of the platform's own (${join(", ", keys(local.statements))}): choose another name."
  }
}

variable "existing_roles" {
  description = "Roles of workloads made outside, by name."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "ingress" {
  description = "The way in: DNS zone, hosts, who may come, and the firewall; or the ARN of a load balancer made outside (`existing`). `gateway_groups` names the node groups that run the gateway. Null makes none."
  type = object({
    existing            = optional(string)
    zone                = object({ name = string, existing_id = optional(string) })
    hosts               = optional(set(string))
    certificate_arn     = optional(string)
    internet_facing     = optional(bool, false)
    allowed_cidrs       = optional(set(string))
    firewall            = optional(bool)
    requests_per_5_min  = optional(number)
    gateway             = optional(object({ node_port = optional(number), health_path = optional(string) }))
    gateway_groups      = optional(set(string), ["general"])
    deletion_protection = optional(bool)
  })
  default = null

  validation {
    condition     = var.ingress == null || var.cluster.existing != null || length(setsubtract(try(var.ingress.gateway_groups, []), keys(coalesce(var.cluster.node_groups, { general = null })))) == 0
    error_message = "ingress.gateway_groups names a node group that the cluster does not have: correct it, or add the group."
  }
}

variable "capabilities" {
  description = "What the API behind can do: `addons`, `access_entries`, `attachments`, `launch_template_tags`. On unless it cannot."
  type = object({
    addons               = optional(bool, true)
    access_entries       = optional(bool, true)
    attachments          = optional(bool, true)
    launch_template_tags = optional(bool, true)
  })
  default  = {}
  nullable = false
}
