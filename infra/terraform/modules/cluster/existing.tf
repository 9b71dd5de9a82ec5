data "aws_eks_cluster" "existing" {
  count = local.create ? 0 : 1

  name = var.existing

  lifecycle {
    postcondition {
      condition     = self.status == "ACTIVE"
      error_message = "Cluster ${var.existing} is ${self.status}, not ACTIVE: wait for it, or name another."
    }

    postcondition {
      condition     = one(self.vpc_config).endpoint_private_access
      error_message = "Cluster ${var.existing} has no private endpoint: turn endpointPrivateAccess on."
    }

    postcondition {
      condition     = !(one(self.vpc_config).endpoint_public_access && contains(one(self.vpc_config).public_access_cidrs, "0.0.0.0/0"))
      error_message = "Cluster ${var.existing}'s API is open to the world: restrict publicAccessCidrs or turn the public endpoint off."
    }
  }
}
