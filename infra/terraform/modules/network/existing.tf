data "aws_vpc" "existing" {
  count = local.create ? 0 : 1

  id = var.existing.vpc_id

  lifecycle {
    postcondition {
      condition     = self.enable_dns_hostnames && self.enable_dns_support
      error_message = "VPC ${self.id} has DNS host names or DNS support off, without which endpoints do not resolve: turn both on."
    }
  }
}

data "aws_subnet" "existing" {
  for_each = toset(flatten([var.existing[*].private_subnet_ids, var.existing[*].public_subnet_ids]))

  id = each.key

  lifecycle {
    postcondition {
      condition     = self.vpc_id == var.existing.vpc_id
      error_message = "Subnet ${self.id} lies in ${self.vpc_id}, not in ${var.existing.vpc_id}: give subnets of that VPC."
    }

    postcondition {
      condition     = contains(var.existing.public_subnet_ids, self.id) || !self.map_public_ip_on_launch
      error_message = "Subnet ${self.id} is named as private but gives instances public addresses: name it as public, or turn that off."
    }
  }
}

data "aws_security_group" "clients" {
  count = length(compact(var.existing[*].clients_security_group_id))

  id = var.existing.clients_security_group_id

  lifecycle {
    postcondition {
      condition     = self.vpc_id == var.existing.vpc_id
      error_message = "Security group ${self.id} lies in ${self.vpc_id}, not in ${var.existing.vpc_id}: give one of that VPC, or none."
    }
  }
}
