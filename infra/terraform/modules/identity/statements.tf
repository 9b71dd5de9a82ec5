data "aws_partition" "current" {}

locals {
  # What AWS knows no resource for: these alone may stand with the resource *.
  unscoped_actions = ["ecr:GetAuthorizationToken"]

  # An ARN names service and resource. A wildcard in the resource's place is none, nor after its kind (repository/*);
  # S3's ARNs have no account and no kind: bucket/* is bounded by the bucket.
  named_resource     = "^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[^:]"
  unbounded_resource = "^arn:([^:]*:){4}/?[*?]|^arn:([^:]*:){3}[0-9a-z]+:[a-z-]+[:/]/?[*?]"

  managed = "arn:${data.aws_partition.current.partition}:iam::aws:policy"

  policies = {
    for name, role in merge(local.workloads, local.ci_roles) : name => jsonencode({
      Version = "2012-10-17"
      Statement = [
        for s in role.statements : merge(
          { Effect = "Allow", Action = sort(s.actions), Resource = sort(s.resources) },
          length(s.conditions) > 0 ? { Condition = s.conditions } : {},
        )
      ]
    }) if length(role.statements) > 0
  }
}
