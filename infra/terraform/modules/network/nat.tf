locals {
  nat_zones = { none = [], single = slice(var.zones, 0, min(1, length(var.zones))), per_zone = var.zones }[var.nat]

  # The zone whose gateway a private subnet uses: its own, or the only one.
  nat_zone_of = length(local.nat_zones) == 0 ? {} : {
    for zone in keys(local.zones) : zone => contains(local.nat_zones, zone) ? zone : local.nat_zones[0]
  }
}

resource "aws_eip" "nat" {
  for_each = local.create ? toset(local.nat_zones) : []

  domain = "vpc"
  tags   = merge(var.tags, { Name = "${var.name}-nat-${each.key}" })
}

resource "aws_nat_gateway" "this" {
  for_each = aws_eip.nat

  allocation_id = each.value.id
  subnet_id     = aws_subnet.public[each.key].id
  tags          = merge(var.tags, { Name = "${var.name}-${each.key}" })

  depends_on = [aws_internet_gateway.this]
}
