locals {
  port = 5432
}

resource "aws_security_group" "this" {
  count = local.create ? 1 : 0

  name        = local.identifier
  description = "Admits clients to PostgreSQL."
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = local.identifier })
}

resource "aws_vpc_security_group_ingress_rule" "group" {
  for_each = local.create ? var.client_security_group_ids : {}

  security_group_id            = aws_security_group.this[0].id
  description                  = "PostgreSQL, from ${each.key}."
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
  tags                         = var.tags

  lifecycle {
    # moto does not tell the description of a rule between groups; a change of wording can wait.
    ignore_changes = [description]
  }
}

resource "aws_vpc_security_group_ingress_rule" "range" {
  for_each = local.create ? var.client_cidrs : []

  security_group_id = aws_security_group.this[0].id
  description       = "PostgreSQL, from ${each.key}."
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = local.port
  to_port           = local.port
  tags              = var.tags
}
