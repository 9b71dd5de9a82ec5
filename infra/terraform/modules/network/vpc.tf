locals {
  create = var.existing == null
}

resource "aws_vpc" "this" {
  count = local.create ? 1 : 0

  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = merge(var.tags, { Name = var.name })
}

# The default group of a VPC admits its members to one another; without rules it admits nobody.
resource "aws_default_security_group" "this" {
  count = local.create ? 1 : 0

  vpc_id = aws_vpc.this[0].id
  tags   = merge(var.tags, { Name = "${var.name}-default-closed" })
}

resource "aws_internet_gateway" "this" {
  count = local.create ? 1 : 0

  vpc_id = aws_vpc.this[0].id
  tags   = merge(var.tags, { Name = var.name })
}

# Databases, caches and brokers admit who carries this group; it has no rules of its own.
resource "aws_security_group" "clients" {
  #checkov:skip=CKV2_AWS_5:the nodes of the root module cluster carry it
  count = local.create ? 1 : 0

  name        = "${var.name}-clients"
  description = "Carried by what may reach the data stores of ${var.name}."
  vpc_id      = aws_vpc.this[0].id
  tags        = merge(var.tags, { Name = "${var.name}-clients" })
}
