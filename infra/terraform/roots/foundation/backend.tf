# Settings of the backend come at init (`-backend-config`): bucket, key, region, kms_key_id, use_lockfile.
terraform {
  backend "s3" {}
}
