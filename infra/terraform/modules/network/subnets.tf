locals {
  zones = local.create ? { for index, zone in var.zones : zone => index } : {}

  # Three quarters of the range are the zones' private subnets; the fourth is cut into four for the public ones.
  private_cidrs = { for zone, index in local.zones : zone => cidrsubnet(var.cidr, 2, index) }
  public_cidrs  = { for zone, index in local.zones : zone => cidrsubnet(var.cidr, 4, 12 + index) }
}

resource "aws_subnet" "private" {
  for_each = local.private_cidrs

  vpc_id            = aws_vpc.this[0].id
  availability_zone = each.key
  cidr_block        = each.value

  tags = merge(var.tags, {
    Name                              = "${var.name}-private-${each.key}"
    "kubernetes.io/role/internal-elb" = "1"
  })
}

resource "aws_subnet" "public" {
  for_each = local.public_cidrs

  vpc_id                  = aws_vpc.this[0].id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false

  tags = merge(var.tags, {
    Name                     = "${var.name}-public-${each.key}"
    "kubernetes.io/role/elb" = "1"
  })
}
