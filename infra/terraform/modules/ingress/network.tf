locals {
  # Port 80 only sends to 443.
  entries = local.create ? { for pair in setproduct(var.allowed_cidrs, [80, 443]) : "${pair[0]}:${pair[1]}" => { range = pair[0], port = pair[1] } } : {}
}

resource "aws_security_group" "this" {
  count = local.create ? 1 : 0

  name        = "${var.name}-ingress"
  description = "Admits clients to the load balancer, and it to the gateway."
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-ingress" })
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  #checkov:skip=CKV_AWS_260:port 80 answers with a redirect to 443 and nothing else
  for_each = local.entries

  security_group_id = aws_security_group.this[0].id
  description       = "Clients in ${each.value.range}."
  cidr_ipv4         = each.value.range
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  tags              = var.tags
}

resource "aws_vpc_security_group_egress_rule" "gateway" {
  count = local.create && length(var.autoscaling_group_names) > 0 ? 1 : 0

  security_group_id            = aws_security_group.this[0].id
  description                  = "The gateway on the nodes."
  referenced_security_group_id = var.node_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.gateway.node_port
  to_port                      = var.gateway.node_port
  tags                         = var.tags

  lifecycle {
    # moto does not tell the description of a rule between groups; a change of wording can wait.
    ignore_changes = [description]
  }
}

resource "aws_vpc_security_group_ingress_rule" "gateway" {
  count = local.create && length(var.autoscaling_group_names) > 0 ? 1 : 0

  security_group_id            = var.node_security_group_id
  description                  = "The load balancer, to the gateway."
  referenced_security_group_id = aws_security_group.this[0].id
  ip_protocol                  = "tcp"
  from_port                    = var.gateway.node_port
  to_port                      = var.gateway.node_port
  tags                         = var.tags

  lifecycle {
    # moto does not tell the description of a rule between groups; a change of wording can wait.
    ignore_changes = [description]
  }
}
