variable "name" {
  description = "Name of the cluster and prefix of what belongs to it, such as millrace-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: change it."
  }
}

variable "existing" {
  description = "Name of a cluster made outside: looked up, checked, never changed, and given no node groups or add-ons. Null creates one."
  type        = string
  default     = null
}

variable "kubernetes_version" {
  description = "Minor version of the control plane and its nodes; EKS upgrades one minor version at a time."
  type        = string
  default     = "1.34"
  nullable    = false

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "kubernetes_version must be a minor version, such as 1.34."
  }
}

variable "vpc_id" {
  description = "VPC of the cluster."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^vpc-", var.vpc_id))
    error_message = "vpc_id must be the id of a VPC (vpc-...) when the cluster is made here."
  }
}

variable "subnet_ids" {
  description = "Private subnets of control plane and nodes, in at least two zones."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = var.existing != null || length(distinct(var.subnet_ids)) >= 2
    error_message = "subnet_ids needs at least two private subnets, in different zones: EKS refuses fewer."
  }
}

variable "cluster_role_arn" {
  description = "Role of the control plane (module identity, role cluster)."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/", var.cluster_role_arn))
    error_message = "cluster_role_arn must be the ARN of a role: take it from the module identity."
  }
}

variable "node_role_arn" {
  description = "Role of the nodes (module identity, role nodes)."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/", var.node_role_arn))
    error_message = "node_role_arn must be the ARN of a role: take it from the module identity."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the cluster's secrets and its nodes' volumes; its policy must admit the service-linked role of Auto Scaling."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: secrets and volumes are never kept in clear."
  }
}

variable "logs_key_arn" {
  description = "KMS key that encrypts the control plane's logs; its policy must admit CloudWatch Logs."
  type        = string
  default     = null

  validation {
    condition     = var.existing != null || can(regex("^arn:[a-z-]+:kms:", var.logs_key_arn))
    error_message = "logs_key_arn must be the ARN of a KMS key: logs are never kept in clear."
  }
}

variable "log_retention_days" {
  description = "Days that the control plane's logs are kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a retention that CloudWatch knows, such as 30, 90, 180, 365 or 731."
  }
}

variable "service_cidr" {
  description = "Range of the Services' addresses; it must overlap no network that the cluster talks to."
  type        = string
  default     = "172.20.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrhost(var.service_cidr, 0)) && try(tonumber(split("/", var.service_cidr)[1]) >= 12 && tonumber(split("/", var.service_cidr)[1]) <= 24, false)
    error_message = "service_cidr must be a private IPv4 range between a /12 and a /24, such as 172.20.0.0/16."
  }
}

variable "api_cidrs" {
  description = "Ranges that reach the private API besides the nodes, such as a VPN or CI's subnets."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for range in var.api_cidrs : can(cidrhost(range, 0)) && !endswith(range, "/0")])
    error_message = "Each of api_cidrs must be an IPv4 range, and not the whole internet."
  }
}

variable "public_api_cidrs" {
  description = "Ranges that reach the API over the internet; none, and the public endpoint is off."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for range in var.public_api_cidrs : can(cidrhost(range, 0)) && try(tonumber(split("/", range)[1]) >= 16, false)])
    error_message = "Each of public_api_cidrs must be a range of a /16 or smaller: an API open to the world is refused; reach it through api_cidrs and a VPN."
  }
}

variable "access_mode" {
  description = "Capability: how people and roles are let in. `API` takes access entries; `CONFIG_MAP` leaves it to the aws-auth map inside the cluster, for APIs that know no access entries."
  type        = string
  default     = "API"
  nullable    = false

  validation {
    condition     = contains(["API", "API_AND_CONFIG_MAP", "CONFIG_MAP"], var.access_mode)
    error_message = "access_mode must be \"API\", \"API_AND_CONFIG_MAP\" or \"CONFIG_MAP\"."
  }
}

variable "access_entries" {
  description = "Who is let in, by name: the principal, the EKS access policy, and the namespaces it holds for (none means the whole cluster)."
  type = map(object({
    principal_arn = string
    policy        = optional(string, "AmazonEKSClusterAdminPolicy")
    namespaces    = optional(set(string), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for entry in var.access_entries : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/", entry.principal_arn))])
    error_message = "Each principal_arn must be the ARN of a role or user, such as arn:aws:iam::123456789012:role/operators."
  }

  validation {
    condition     = alltrue([for entry in var.access_entries : can(regex("^AmazonEKS\\w+Policy$", entry.policy))])
    error_message = "policy must be an EKS access policy by name, such as AmazonEKSClusterAdminPolicy, AmazonEKSEditPolicy or AmazonEKSViewPolicy."
  }

  validation {
    condition     = var.existing != null || var.access_mode == "CONFIG_MAP" || anytrue([for entry in var.access_entries : entry.policy == "AmazonEKSClusterAdminPolicy" && length(entry.namespaces) == 0])
    error_message = "Nobody could administer the cluster: give one of access_entries AmazonEKSClusterAdminPolicy on the whole cluster."
  }
}

variable "addons" {
  description = "Capability: let EKS install and upgrade the add-ons of addon_settings. Off only where the API has none."
  type        = bool
  default     = true
  nullable    = false
}

variable "addon_settings" {
  description = "Add-ons by name: version (null takes EKS's default for the cluster), the role of its service account, and its configuration as JSON."
  type = map(object({
    version       = optional(string)
    role_arn      = optional(string)
    configuration = optional(string)
  }))
  default = {
    vpc-cni            = {}
    kube-proxy         = {}
    coredns            = {}
    metrics-server     = {}
    aws-ebs-csi-driver = {}
  }
  nullable = false

  validation {
    condition     = alltrue([for name in ["vpc-cni", "kube-proxy", "coredns"] : contains(keys(var.addon_settings), name)])
    error_message = "addon_settings must hold vpc-cni, kube-proxy and coredns: without them pods have no network and no names."
  }

  validation {
    condition     = alltrue([for addon in var.addon_settings : addon.configuration == null || can(jsondecode(addon.configuration))])
    error_message = "configuration must be JSON: use jsonencode()."
  }
}

variable "node_security_group_ids" {
  description = "Further security groups that the nodes carry, such as the one that the data stores admit."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.node_security_group_ids) <= 3 && alltrue([for id in var.node_security_group_ids : can(regex("^sg-", id))])
    error_message = "node_security_group_ids may hold up to three ids of security groups (sg-...): an interface carries five, of which two are the cluster's."
  }
}

variable "node_groups" {
  description = "Groups of nodes by name: instance types (several for spot), bounds of their number, disk, labels and taints. A group with accelerator = \"nvidia\" gets the image with drivers and a taint that keeps other pods off."
  type = map(object({
    instance_types = list(string)
    accelerator    = optional(string)
    spot           = optional(bool, false)
    min            = number
    max            = number
    disk_gib       = optional(number, 100)
    labels         = optional(map(string), {})
    taints         = optional(list(object({ key = string, value = optional(string), effect = optional(string, "NO_SCHEDULE") })), [])
  }))
  default = {
    general = { instance_types = ["m6i.large"], min = 2, max = 6 }
  }
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.node_groups) : can(regex("^[a-z][a-z0-9-]{0,19}$", name))])
    error_message = "A node group's name must be up to 20 lower-case letters, digits or hyphens, beginning with a letter."
  }

  validation {
    condition     = alltrue(flatten([for group in var.node_groups : [length(group.instance_types) > 0, [for type in group.instance_types : can(regex("^[a-z][a-z0-9-]*\\.[0-9a-z-]+$", type))]]]))
    error_message = "Each node group needs instance types, such as m6i.large."
  }

  validation {
    condition     = alltrue([for group in var.node_groups : group.min >= 0 && group.max >= 1 && group.min <= group.max])
    error_message = "A node group needs 0 <= min <= max and a max of at least 1."
  }

  validation {
    condition     = alltrue([for group in var.node_groups : group.disk_gib >= 20 && group.disk_gib <= 16384])
    error_message = "disk_gib must be between 20, which images and logs need, and 16384."
  }

  validation {
    condition     = alltrue([for group in var.node_groups : group.accelerator == null || group.accelerator == "nvidia"])
    error_message = "accelerator must be \"nvidia\", or left out for nodes without one."
  }

  validation {
    condition     = var.existing != null || anytrue([for group in var.node_groups : group.accelerator == null && group.min >= 1])
    error_message = "One node group without accelerator needs a min of at least 1: add-ons and controllers run there."
  }
}

variable "launch_template_tags" {
  description = "Capability: the API keeps a launch template's own tags apart from those of the instances it starts."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource, instances and volumes included."
  type        = map(string)
  default     = {}
  nullable    = false
}
