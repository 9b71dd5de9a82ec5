# Settings of the backend come at init (`-backend-config`): the environment says where its state lies.
terraform {
  backend "local" {}
}
