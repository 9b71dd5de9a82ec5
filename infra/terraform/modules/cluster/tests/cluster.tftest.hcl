mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_ec2_instance_type_offerings" {
    defaults = { instance_types = ["m6i.large", "g5.xlarge", "g6.xlarge"] }
  }
  mock_resource "aws_eks_cluster" {
    defaults = {
      vpc_config            = { cluster_security_group_id = "sg-cluster" }
      certificate_authority = [{ data = "Q0E=" }]
      identity              = [{ oidc = [{ issuer = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE" }] }]
    }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 3 }
  }
  mock_resource "aws_eks_node_group" {
    defaults = { resources = [{ autoscaling_groups = [{ name = "asg-1" }], remote_access_security_group_id = "" }] }
  }
}

variables {
  name             = "millrace-test"
  vpc_id           = "vpc-0123456789abcdef0"
  subnet_ids       = ["subnet-0a", "subnet-0b"]
  cluster_role_arn = "arn:aws:iam::123456789012:role/cluster"
  node_role_arn    = "arn:aws:iam::123456789012:role/nodes"
  kms_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
  logs_key_arn     = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-666666666666"
  access_entries = {
    operators = { principal_arn = "arn:aws:iam::123456789012:role/operators" }
    readers   = { principal_arn = "arn:aws:iam::123456789012:role/readers", policy = "AmazonEKSViewPolicy", namespaces = ["jobs"] }
  }
  node_groups = {
    general = { instance_types = ["m6i.large"], min = 2, max = 6 }
    gpu     = { instance_types = ["g5.xlarge"], accelerator = "nvidia", spot = true, min = 0, max = 4, disk_gib = 200 }
  }
}

run "a_cluster_is_private_logged_and_encrypted" {
  command = apply
  variables {
    api_cidrs               = ["10.9.0.0/16"]
    node_security_group_ids = ["sg-clients"]
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.this : template.vpc_security_group_ids == toset(["sg-cluster", aws_security_group.nodes[0].id, "sg-clients"])])
    error_message = "nodes carry other groups than the cluster's, their own and those given"
  }

  assert {
    condition     = aws_eks_cluster.this[0].vpc_config[0].endpoint_private_access && !aws_eks_cluster.this[0].vpc_config[0].endpoint_public_access
    error_message = "the API is open to the internet, or closed to the VPC"
  }
  assert {
    condition     = length(aws_eks_cluster.this[0].enabled_cluster_log_types) == 5 && aws_cloudwatch_log_group.this[0].kms_key_id == var.logs_key_arn
    error_message = "a log is off, or kept in clear"
  }
  assert {
    condition     = aws_eks_cluster.this[0].encryption_config[0].provider[0].key_arn == var.kms_key_arn && aws_eks_cluster.this[0].encryption_config[0].resources == toset(["secrets"])
    error_message = "secrets are not encrypted with the key given"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.api["10.9.0.0/16"].from_port == 443
    error_message = "the range named does not reach the private API"
  }
  assert {
    condition     = output.security_group_id == "sg-cluster" && alltrue([for group in ["general", "gpu"] : output.autoscaling_group_names[group] == tolist(["asg-1"])])
    error_message = "outputs do not name what was made"
  }
}

run "nodes_take_imdsv2_alone_and_have_encrypted_volumes" {
  command = plan

  assert {
    condition = alltrue([
      for template in aws_launch_template.this : template.metadata_options[0].http_tokens == "required" && template.metadata_options[0].http_put_response_hop_limit == 1
    ])
    error_message = "an instance answers IMDSv1, or a pod reaches its credentials"
  }
  assert {
    condition     = alltrue([for template in aws_launch_template.this : tobool(template.block_device_mappings[0].ebs[0].encrypted) && template.block_device_mappings[0].ebs[0].kms_key_id == var.kms_key_arn])
    error_message = "a volume is not encrypted with the key given"
  }
  assert {
    condition     = aws_launch_template.this["gpu"].block_device_mappings[0].ebs[0].volume_size == 200
    error_message = "the disk has another size"
  }
  assert {
    condition     = aws_eks_node_group.this["gpu"].ami_type == "AL2023_x86_64_NVIDIA" && aws_eks_node_group.this["gpu"].capacity_type == "SPOT" && one(aws_eks_node_group.this["gpu"].taint).key == "nvidia.com/gpu"
    error_message = "the group with accelerators lacks drivers or its taint"
  }
  assert {
    condition     = aws_eks_node_group.this["general"].ami_type == "AL2023_x86_64_STANDARD" && length(aws_eks_node_group.this["general"].taint) == 0
    error_message = "the general group is tainted"
  }
}

run "addons_and_access_entries_are_there_by_default" {
  command = plan

  assert {
    condition     = keys(aws_eks_addon.network) == ["kube-proxy", "vpc-cni"] && keys(aws_eks_addon.workload) == ["aws-ebs-csi-driver", "coredns", "metrics-server"]
    error_message = "an add-on is missing"
  }
  assert {
    condition     = aws_eks_cluster.this[0].access_config[0].authentication_mode == "API" && !aws_eks_cluster.this[0].access_config[0].bootstrap_cluster_creator_admin_permissions
    error_message = "who makes the cluster stays its administrator unseen"
  }
  assert {
    condition = {
      for name, entry in aws_eks_access_policy_association.this : name => "${basename(entry.policy_arn)} ${entry.access_scope[0].type}"
    } == { operators = "AmazonEKSClusterAdminPolicy cluster", readers = "AmazonEKSViewPolicy namespace" }
    error_message = "an access entry has another policy or scope"
  }
}

run "switches_turn_off_what_an_api_lacks" {
  command = plan
  variables {
    addons         = false
    access_mode    = "CONFIG_MAP"
    access_entries = {}

    tags                 = { Environment = "test" }
    launch_template_tags = false
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.this : template.tags == null && template.tag_specifications[0].tags["Environment"] == "test"])
    error_message = "the template is tagged, or its instances are not"
  }

  assert {
    condition     = length(aws_eks_addon.network) + length(aws_eks_addon.workload) + length(aws_eks_access_entry.this) + length(aws_eks_cluster.this[0].access_config) == 0
    error_message = "a switch that is off still plans its resources"
  }
}

run "an_existing_cluster_is_checked_and_left_alone" {
  command = plan
  variables {
    existing         = "theirs"
    vpc_id           = null
    subnet_ids       = []
    cluster_role_arn = null
    node_role_arn    = null
    kms_key_arn      = null
    logs_key_arn     = null
  }
  override_data {
    target = data.aws_eks_cluster.existing[0]
    values = {
      name                  = "theirs"
      status                = "ACTIVE"
      endpoint              = "https://api"
      certificate_authority = [{ data = "Q0E=" }]
      identity              = [{ oidc = [{ issuer = "https://issuer" }] }]
      vpc_config            = [{ endpoint_private_access = true, endpoint_public_access = false, cluster_security_group_id = "sg-1" }]
    }
  }

  assert {
    condition     = output.name == "theirs" && output.oidc_issuer_url == "https://issuer" && output.security_group_id == "sg-1" && output.node_security_group_id == null
    error_message = "an existing cluster does not yield its own outputs"
  }
  assert {
    condition     = length(aws_eks_cluster.this) + length(aws_eks_node_group.this) + length(aws_eks_addon.network) + length(aws_launch_template.this) + length(aws_security_group.nodes) == 0
    error_message = "something is made in a cluster that is not ours"
  }
}

run "an_existing_cluster_open_to_the_world_is_refused" {
  command = plan
  variables { existing = "theirs" }
  override_data {
    target = data.aws_eks_cluster.existing[0]
    values = {
      name                  = "theirs"
      status                = "ACTIVE"
      certificate_authority = [{ data = "Q0E=" }]
      identity              = [{ oidc = [{ issuer = "https://issuer" }] }]
      vpc_config            = [{ endpoint_private_access = true, endpoint_public_access = true, public_access_cidrs = ["0.0.0.0/0"] }]
    }
  }

  expect_failures = [data.aws_eks_cluster.existing[0]]
}

run "an_instance_type_that_the_region_lacks_is_refused" {
  command = plan
  variables { node_groups = { general = { instance_types = ["m99.huge"], min = 1, max = 2 } } }

  expect_failures = [data.aws_ec2_instance_type_offerings.wanted[0]]
}

run "what_eks_does_not_take_is_refused" {
  command = plan
  variables {
    name                    = "Test"
    kubernetes_version      = "1.34.2"
    vpc_id                  = "main"
    subnet_ids              = ["subnet-0a"]
    cluster_role_arn        = "cluster"
    node_role_arn           = null
    kms_key_arn             = null
    logs_key_arn            = "alias/logs"
    log_retention_days      = 2
    service_cidr            = "172.20.0.0/8"
    api_cidrs               = ["0.0.0.0/0"]
    public_api_cidrs        = ["0.0.0.0/0"]
    node_security_group_ids = ["clients"]
    addon_settings          = { coredns = {} }
    node_groups             = { gpu = { instance_types = ["g5.xlarge"], accelerator = "nvidia", min = 1, max = 1 } }
    access_entries          = { readers = { principal_arn = "arn:aws:iam::123456789012:role/readers", policy = "AmazonEKSViewPolicy" } }
  }

  expect_failures = [
    var.name, var.kubernetes_version, var.vpc_id, var.subnet_ids, var.cluster_role_arn, var.node_role_arn, var.kms_key_arn, var.logs_key_arn,
    var.log_retention_days, var.service_cidr, var.api_cidrs, var.public_api_cidrs, var.node_security_group_ids, var.addon_settings, var.node_groups, var.access_entries,
  ]
}

run "bounds_and_modes_are_checked" {
  command = plan
  variables {
    access_mode = "IAM"
    node_groups = {
      general = { instance_types = ["m6i.large"], min = 3, max = 2, disk_gib = 8 }
    }
  }

  expect_failures = [var.access_mode, var.node_groups]
}

run "the_readmes_example_plans" {
  command = plan
  module { source = "./examples/basic" }
}
