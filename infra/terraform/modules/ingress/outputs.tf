output "urls" {
  description = "Address of each host."
  value       = { for host, fqdn in local.fqdns : host => "https://${fqdn}" }
  depends_on  = [aws_lb_listener.https, aws_route53_record.host]
}

output "dns_name" {
  description = "Name that AWS gives the load balancer."
  value       = local.create ? aws_lb.this[0].dns_name : data.aws_lb.existing[0].dns_name
}

output "arn_suffix" {
  description = "End of the load balancer's ARN, as metrics name it."
  value       = local.create ? aws_lb.this[0].arn_suffix : data.aws_lb.existing[0].arn_suffix
}

output "target_group_arn_suffix" {
  description = "End of the ARN of the gateway's target group, as metrics name it; null for an existing load balancer."
  value       = one(aws_lb_target_group.gateway[*].arn_suffix)
}

output "name_servers" {
  description = "Name servers to which the parent zone must delegate; null for a zone made outside."
  value       = one(aws_route53_zone.this[*].name_servers)
}
