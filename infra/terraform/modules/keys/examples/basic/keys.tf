module "keys" {
  source = "../.."

  name = "millrace-dev"
  keys = {
    logs = { description = "Logs of the environment.", services = ["logs.amazonaws.com"] }
    cluster = {
      description          = "Secrets and volumes of the cluster."
      service_linked_roles = ["autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"]
    }
  }
  tags = { Project = "millrace", Environment = "dev" }
}
