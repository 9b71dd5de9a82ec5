variable "name" {
  description = "Prefix of every repository, such as millrace-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits or hyphens, begin with a letter and not end with a hyphen: change it."
  }
}

variable "repositories" {
  description = "Repositories to make, each for one kind of image; they are named NAME/REPOSITORY."
  type        = set(string)

  validation {
    condition     = alltrue([for repository in var.repositories : can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", repository))])
    error_message = "A repository's name must be lower-case letters and digits, joined by single dots, underscores, hyphens or slashes."
  }
}

variable "existing" {
  description = "Repositories made outside, by the name that they would have in `repositories`: looked up and checked instead of made."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for repository in keys(var.existing) : contains(var.repositories, repository)])
    error_message = "existing names a repository that repositories does not hold: add it there, or correct the name."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the images."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "untagged_days" {
  description = "Days after which images that no tag names any more are removed."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = var.untagged_days >= 1 && floor(var.untagged_days) == var.untagged_days
    error_message = "untagged_days must be a whole number of at least 1."
  }
}

variable "kept_images" {
  description = "How many tagged images a repository keeps; the oldest go first. Releases name images by digest, so keep more than can be rolled back to."
  type        = number
  default     = 200
  nullable    = false

  validation {
    condition     = var.kept_images >= 20 && floor(var.kept_images) == var.kept_images
    error_message = "kept_images must be a whole number of at least 20: with fewer, a release could lose the image it rolls back to."
  }
}

variable "pulling_accounts" {
  description = "Other accounts that may pull the images, such as the one of the next environment."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for account in var.pulling_accounts : can(regex("^[0-9]{12}$", account))])
    error_message = "Each of pulling_accounts must be an account's id of 12 digits."
  }
}

variable "force_delete" {
  description = "Whether destroying a repository deletes the images in it. Leave it false: a repository with images then refuses to go."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of every repository."
  type        = map(string)
  default     = {}
  nullable    = false
}
