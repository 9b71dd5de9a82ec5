locals {
  node_groups    = local.create ? var.node_groups : {}
  instance_types = distinct(flatten([for group in local.node_groups : group.instance_types]))

  images       = { none = "AL2023_x86_64_STANDARD", nvidia = "AL2023_x86_64_NVIDIA" }
  own_labels   = { none = {}, nvidia = { "millrace.dev/accelerator" = "nvidia" } }
  own_taints   = { none = [], nvidia = [{ key = "nvidia.com/gpu", value = "present", effect = "NO_SCHEDULE" }] }
  accelerators = { for name, group in local.node_groups : name => group.accelerator == null ? "none" : group.accelerator }
}

data "aws_ec2_instance_type_offerings" "wanted" {
  count = local.create ? 1 : 0

  filter {
    name   = "instance-type"
    values = local.instance_types
  }

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.instance_types, self.instance_types)) == 0
      error_message = "This region has no ${join(", ", setsubtract(local.instance_types, self.instance_types))}: correct node_groups' instance_types (`aws ec2 describe-instance-type-offerings` lists what there is)."
    }
  }
}

resource "aws_eks_node_group" "this" {
  for_each = local.node_groups

  cluster_name    = aws_eks_cluster.this[0].name
  node_group_name = each.key
  node_role_arn   = var.node_role_arn
  subnet_ids      = var.subnet_ids
  version         = var.kubernetes_version
  ami_type        = local.images[local.accelerators[each.key]]
  capacity_type   = each.value.spot ? "SPOT" : "ON_DEMAND"
  instance_types  = each.value.instance_types
  labels          = merge({ "millrace.dev/group" = each.key }, local.own_labels[local.accelerators[each.key]], each.value.labels)
  tags            = var.tags

  launch_template {
    id      = aws_launch_template.this[each.key].id
    version = aws_launch_template.this[each.key].latest_version
  }

  scaling_config {
    min_size     = each.value.min
    max_size     = each.value.max
    desired_size = each.value.min
  }

  dynamic "taint" {
    for_each = concat(local.own_taints[local.accelerators[each.key]], each.value.taints)

    content {
      key    = taint.value.key
      value  = taint.value.value
      effect = taint.value.effect
    }
  }

  lifecycle {
    # The number between the bounds is the autoscaler's; disk and remote access are the launch template's.
    ignore_changes = [scaling_config[0].desired_size, disk_size, remote_access]
  }

  depends_on = [aws_eks_addon.network, data.aws_ec2_instance_type_offerings.wanted]
}
