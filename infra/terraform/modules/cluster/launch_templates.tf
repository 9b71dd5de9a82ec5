# A group of its own lets load balancers be named as sources without touching the group that EKS manages.
resource "aws_security_group" "nodes" {
  count = local.create ? 1 : 0

  name        = "${var.name}-nodes"
  description = "Nodes of ${var.name}: what reaches them from outside the cluster."
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-nodes" })
}

resource "aws_launch_template" "this" {
  for_each = local.node_groups

  name                   = "${var.name}-${each.key}"
  description            = "Nodes of the group ${each.key}."
  update_default_version = true
  tags                   = var.launch_template_tags ? var.tags : null

  vpc_security_group_ids = compact(concat(
    [aws_eks_cluster.this[0].vpc_config[0].cluster_security_group_id, aws_security_group.nodes[0].id],
    var.node_security_group_ids,
  ))

  # One hop: a pod cannot reach the node's credentials.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = each.value.disk_gib
      encrypted             = true
      kms_key_id            = var.kms_key_arn
      delete_on_termination = true
    }
  }

  monitoring {
    enabled = true
  }

  dynamic "tag_specifications" {
    for_each = ["instance", "volume", "network-interface"]

    content {
      resource_type = tag_specifications.value
      tags          = merge(var.tags, { Name = "${var.name}-${each.key}" })
    }
  }
}
