locals {
  issue       = local.create && var.certificate_arn == null
  certificate = one(concat(aws_acm_certificate_validation.this[*].certificate_arn, compact([var.certificate_arn])))
}

resource "aws_acm_certificate" "this" {
  count = local.issue ? 1 : 0

  domain_name               = sort(values(local.fqdns))[0]
  subject_alternative_names = slice(sort(values(local.fqdns)), 1, length(local.fqdns))
  validation_method         = "DNS"
  tags                      = merge(var.tags, { Name = var.name })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = local.issue ? local.fqdns : {}

  zone_id         = local.zone_id
  name            = one([for option in aws_acm_certificate.this[0].domain_validation_options : option.resource_record_name if option.domain_name == each.value])
  type            = one([for option in aws_acm_certificate.this[0].domain_validation_options : option.resource_record_type if option.domain_name == each.value])
  records         = [for option in aws_acm_certificate.this[0].domain_validation_options : option.resource_record_value if option.domain_name == each.value]
  ttl             = 300
  allow_overwrite = true
}

# Waits until the zone is delegated and the certificate is issued.
resource "aws_acm_certificate_validation" "this" {
  count = local.issue ? 1 : 0

  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}
