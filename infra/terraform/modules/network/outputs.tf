output "vpc_id" {
  description = "Id of the VPC."
  value       = local.create ? aws_vpc.this[0].id : data.aws_vpc.existing[0].id
}

output "cidr" {
  description = "Address range of the VPC."
  value       = local.create ? aws_vpc.this[0].cidr_block : data.aws_vpc.existing[0].cidr_block
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, in the order of the zones."
  value       = local.create ? [for zone in var.zones : aws_subnet.private[zone].id] : var.existing.private_subnet_ids

  precondition {
    condition     = local.create || length(distinct([for id in flatten(var.existing[*].private_subnet_ids) : data.aws_subnet.existing[id].availability_zone])) >= 2
    error_message = "The private subnets given lie in a single zone; the cluster and the database need at least two: add a subnet of another zone."
  }
}

output "public_subnet_ids" {
  description = "Ids of the public subnets, in the order of the zones; empty if an existing network has none."
  value       = local.create ? [for zone in var.zones : aws_subnet.public[zone].id] : var.existing.public_subnet_ids
}

output "clients_security_group_id" {
  description = "Security group that data stores admit; null for an existing network that names none."
  value       = one(concat(aws_security_group.clients[*].id, data.aws_security_group.clients[*].id))
}

output "nat_addresses" {
  description = "Public addresses that traffic from the private subnets comes from."
  value       = [for eip in aws_eip.nat : eip.public_ip]
}
