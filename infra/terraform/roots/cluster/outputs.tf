output "cluster" {
  description = "The cluster: name, API, certificate of its authority (base64), issuer of service accounts' tokens, and security group."
  value = {
    name                  = module.cluster.name
    endpoint              = module.cluster.endpoint
    certificate_authority = module.cluster.certificate_authority
    oidc_issuer_url       = module.cluster.oidc_issuer_url
    security_group_id     = module.cluster.security_group_id
  }
}

output "workload_role_arns" {
  description = "Role of each workload, by service account."
  value       = module.identity.role_arns
}

output "namespace" {
  description = "Namespace of the platform's own workloads."
  value       = var.namespace
}

output "ingress" {
  description = "The way in: address of each host, what metrics call the load balancer and its targets, and the name servers to delegate to; null if there is none."
  value = one([for ingress in module.ingress : {
    urls                    = ingress.urls
    dns_name                = ingress.dns_name
    arn_suffix              = ingress.arn_suffix
    target_group_arn_suffix = ingress.target_group_arn_suffix
    name_servers            = ingress.name_servers
  }])
}
