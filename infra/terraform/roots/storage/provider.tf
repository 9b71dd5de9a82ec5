# Credentials come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or the default chain).
provider "aws" {
  region = var.region

  # A store that is not AWS has no account, no metadata service and no host name per bucket.
  s3_use_path_style           = var.endpoint_url != null
  skip_credentials_validation = var.endpoint_url != null
  skip_metadata_api_check     = var.endpoint_url != null
  skip_region_validation      = var.endpoint_url != null
  skip_requesting_account_id  = var.endpoint_url != null

  dynamic "endpoints" {
    for_each = var.endpoint_url == null ? [] : [var.endpoint_url]

    content {
      s3 = endpoints.value
    }
  }
}
