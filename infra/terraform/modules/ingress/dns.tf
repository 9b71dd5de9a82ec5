locals {
  create = var.existing == null

  fqdns   = { for host in var.hosts : host => "${host}.${var.zone.name}" }
  zone_id = one(concat(aws_route53_zone.this[*].zone_id, data.aws_route53_zone.existing[*].zone_id))
}

resource "aws_route53_zone" "this" {
  #checkov:skip=CKV2_AWS_38:signing a zone needs its parent's hand, which is not ours
  #checkov:skip=CKV2_AWS_39:names here are public, and requests are logged at the load balancer
  count = local.create && var.zone.existing_id == null ? 1 : 0

  name    = var.zone.name
  comment = "Entries of ${var.name}."
  tags    = var.tags
}

data "aws_route53_zone" "existing" {
  count = local.create && var.zone.existing_id != null ? 1 : 0

  zone_id = var.zone.existing_id

  lifecycle {
    postcondition {
      condition     = trimsuffix(self.name, ".") == var.zone.name
      error_message = "Zone ${var.zone.existing_id} is ${self.name}, not ${var.zone.name}: correct one of them."
    }
  }
}

resource "aws_route53_record" "host" {
  for_each = local.create ? local.fqdns : {}

  zone_id = local.zone_id
  name    = each.value
  type    = "A"

  alias {
    name                   = aws_lb.this[0].dns_name
    zone_id                = aws_lb.this[0].zone_id
    evaluate_target_health = true
  }
}
