variable "name" {
  description = "Prefix of every resource's name, such as millrace-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: change it."
  }
}

variable "existing" {
  description = "ARN of a load balancer made outside: looked up and checked, never changed, and nothing is made beside it. Null creates one."
  type        = string
  default     = null

  validation {
    condition     = var.existing == null || can(regex("^arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/app/", var.existing))
    error_message = "existing must be the ARN of an application load balancer."
  }
}

variable "zone" {
  description = "DNS zone of the environment, such as dev.ml.example.com, and the id of one made outside (`existing_id`)."
  type = object({
    name        = string
    existing_id = optional(string)
  })

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.zone.name))
    error_message = "zone.name must be a domain in lower case without a dot at its end, such as dev.ml.example.com."
  }
}

variable "hosts" {
  description = "Names in the zone that lead to the load balancer; the certificate is for all of them."
  type        = set(string)
  default     = ["api"]
  nullable    = false

  validation {
    condition     = length(var.hosts) > 0 && alltrue([for host in var.hosts : can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", host))])
    error_message = "hosts must hold at least one name in the zone, such as api, without the zone and without wildcards."
  }
}

variable "certificate_arn" {
  description = "Certificate made outside, for all hosts; null has one issued."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:acm:", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of a certificate in ACM, or null."
  }
}

variable "vpc_id" {
  description = "VPC of the load balancer."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^vpc-", var.vpc_id))
    error_message = "vpc_id must be the id of a VPC (vpc-...) when the load balancer is made here."
  }
}

variable "subnet_ids" {
  description = "Subnets of the load balancer: public ones if it faces the internet, in at least two zones."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = var.existing != null || length(distinct(var.subnet_ids)) >= 2
    error_message = "subnet_ids needs at least two subnets, in different zones: a load balancer refuses fewer."
  }
}

variable "internet_facing" {
  description = "Whether the load balancer has public addresses."
  type        = bool
  default     = false
  nullable    = false
}

variable "allowed_cidrs" {
  description = "Ranges that reach the load balancer. The whole internet only if it faces it and the firewall is on."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for range in var.allowed_cidrs : can(cidrhost(range, 0))])
    error_message = "Each of allowed_cidrs must be an IPv4 range, such as 10.0.0.0/8."
  }

  validation {
    condition     = !anytrue([for range in var.allowed_cidrs : endswith(range, "/0")]) || (var.internet_facing && var.firewall)
    error_message = "allowed_cidrs opens the load balancer to the world: name the ranges that need it, or set internet_facing and firewall both to true."
  }
}

variable "firewall" {
  description = "Put AWS's managed rules and a limit of requests for each address (WAF) before the load balancer."
  type        = bool
  default     = true
  nullable    = false
}

variable "requests_per_5_min" {
  description = "Requests that one address may send in five minutes."
  type        = number
  default     = 10000
  nullable    = false

  validation {
    condition     = var.requests_per_5_min >= 100
    error_message = "requests_per_5_min must be at least 100, as WAF has it."
  }
}

variable "gateway" {
  description = "The gateway in the cluster: the node port on which it takes TLS, and the path of its health."
  type = object({
    node_port   = optional(number, 30443)
    health_path = optional(string, "/ping")
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.gateway.node_port >= 30000 && var.gateway.node_port <= 32767
    error_message = "gateway.node_port must be a node port of Kubernetes, between 30000 and 32767."
  }
}

variable "autoscaling_group_names" {
  description = "Auto Scaling groups whose instances the gateway is reached on, by node group."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "attachments" {
  description = "Capability: the API knows the Auto Scaling groups of node groups, so that load balancers can be attached to them."
  type        = bool
  default     = true
  nullable    = false
}

variable "node_security_group_id" {
  description = "Security group of the nodes, which is opened for the load balancer."
  type        = string
  default     = null

  validation {
    condition     = length(var.autoscaling_group_names) == 0 || can(regex("^sg-", var.node_security_group_id))
    error_message = "node_security_group_id must be the id of a security group (sg-...), or the load balancer reaches no node."
  }
}

variable "access_log_bucket" {
  description = "Name of the existing bucket that takes the access logs."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || var.access_log_bucket != null
    error_message = "access_log_bucket must name a bucket (module access_logs): requests are always logged."
  }
}

variable "logs_key_arn" {
  description = "KMS key that encrypts the firewall's logs; its policy must admit CloudWatch Logs."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^arn:[a-z-]+:kms:", var.logs_key_arn))
    error_message = "logs_key_arn must be the ARN of a KMS key: logs are never kept in clear."
  }
}

variable "log_retention_days" {
  description = "Days that the firewall's logs are kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a retention that CloudWatch knows, such as 30, 90, 180, 365 or 731."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the load balancer. To destroy it, apply with false first."
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
