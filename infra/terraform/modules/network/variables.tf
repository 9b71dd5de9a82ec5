variable "name" {
  description = "Prefix of every resource's name, such as millrace-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: change it."
  }
}

variable "existing" {
  description = "A network made outside: its VPC, subnets and, if it has one, the security group of those who may reach the data stores; looked up and checked, never changed. Null creates one from `cidr` and `zones`."
  type = object({
    vpc_id             = string
    private_subnet_ids = list(string)
    public_subnet_ids  = optional(list(string), [])

    clients_security_group_id = optional(string)
  })
  default = null

  validation {
    condition     = var.existing == null ? true : (can(regex("^vpc-", var.existing.vpc_id)) && alltrue([for id in concat(var.existing.private_subnet_ids, var.existing.public_subnet_ids) : can(regex("^subnet-", id))]))
    error_message = "existing must give the ids of a VPC (vpc-...) and of subnets (subnet-...), not their names or ARNs."
  }

  validation {
    condition     = var.existing == null ? true : length(distinct(var.existing.private_subnet_ids)) >= 2
    error_message = "existing.private_subnet_ids needs at least two subnets, in different zones: the cluster and the database refuse fewer."
  }
}

variable "cidr" {
  description = "Address range of the VPC, from which every subnet is cut: a quarter of it for each zone's private subnet, a sixteenth for each public one."
  type        = string
  default     = null

  validation {
    condition     = (var.cidr == null) == (var.existing != null)
    error_message = "Give either cidr (to create the network) or existing (to use one made outside), not both and not neither."
  }

  validation {
    condition     = var.cidr == null || can(cidrhost(var.cidr, 0)) && try(cidrhost(var.cidr, 0) == split("/", var.cidr)[0], false)
    error_message = "cidr must be an IPv4 range whose host bits are zero, such as 10.20.0.0/16."
  }

  validation {
    condition     = var.cidr == null || try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 20, false)
    error_message = "cidr must be between a /16 (the largest a VPC takes) and a /20: below that a zone has fewer than 1,000 addresses, which pods use up. Take a larger range."
  }

  validation {
    condition     = var.cidr == null || can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.|100\\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\\.)", var.cidr))
    error_message = "cidr must be private (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10): public addresses would hide parts of the internet."
  }
}

# Checks of variables alone use it, which tflint does not count.
# tflint-ignore: terraform_unused_declarations
variable "reserved_cidrs" {
  description = "Ranges that `cidr` must not overlap: peered networks, offices, and the cluster's service range."
  type        = list(string)
  default     = ["172.20.0.0/16"]
  nullable    = false

  validation {
    condition     = alltrue([for range in var.reserved_cidrs : can(cidrhost(range, 0))])
    error_message = "Each of reserved_cidrs must be an IPv4 range, such as 10.0.0.0/8."
  }

  # Two ranges overlap where both begin alike under the shorter of their prefixes.
  validation {
    condition = var.cidr == null || try(alltrue([
      for range in var.reserved_cidrs :
      cidrhost("${split("/", range)[0]}/${min(split("/", range)[1], split("/", var.cidr)[1])}", 0) !=
      cidrhost("${split("/", var.cidr)[0]}/${min(split("/", range)[1], split("/", var.cidr)[1])}", 0)
    ]), true)
    error_message = "cidr overlaps one of reserved_cidrs: routes would be ambiguous, so choose a range outside them (${join(", ", var.reserved_cidrs)})."
  }
}

variable "zones" {
  description = "The three availability zones that the subnets lie in."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = var.existing != null || length(distinct(var.zones)) == 3 && length(var.zones) == 3
    error_message = "zones must name three different availability zones, such as us-east-1a, us-east-1b and us-east-1c."
  }

  validation {
    condition     = alltrue([for zone in var.zones : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$", zone))])
    error_message = "Each zone must be an availability zone's name, such as us-east-1a, not a region or a zone id."
  }
}

variable "nat" {
  description = "How private subnets reach the internet: `none` (through the endpoints alone), `single` (one gateway, one zone's failure cuts all off) or `per_zone`."
  type        = string
  default     = "per_zone"
  nullable    = false

  validation {
    condition     = contains(["none", "single", "per_zone"], var.nat)
    error_message = "nat must be \"none\", \"single\" or \"per_zone\"."
  }
}

variable "gateway_endpoints" {
  description = "AWS services reached through gateway endpoints, which cost nothing."
  type        = set(string)
  default     = ["s3", "dynamodb"]
  nullable    = false

  validation {
    condition     = alltrue([for service in var.gateway_endpoints : contains(["s3", "dynamodb"], service)])
    error_message = "Only s3 and dynamodb have gateway endpoints; name others in interface_endpoints."
  }
}

variable "interface_endpoints" {
  description = "AWS services reached through interface endpoints in every private subnet; each costs by the hour and zone."
  type        = set(string)
  default = [
    "autoscaling", "aps-workspaces", "ec2", "ecr.api", "ecr.dkr", "eks", "elasticloadbalancing", "kms", "logs",
    "secretsmanager", "sqs", "sts",
  ]
  nullable = false

  validation {
    condition     = var.nat != "none" || var.existing != null || alltrue([for service in ["ec2", "ecr.api", "ecr.dkr", "eks", "sts"] : contains(var.interface_endpoints, service)])
    error_message = "Without NAT nodes join the cluster only through endpoints: add ec2, ecr.api, ecr.dkr, eks and sts to interface_endpoints, or set nat = \"single\"."
  }
}

variable "flow_log_retention_days" {
  description = "Days that flow logs are kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.flow_log_retention_days)
    error_message = "flow_log_retention_days must be a retention that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the flow logs; its policy must admit CloudWatch Logs."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: flow logs are never kept in clear."
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
