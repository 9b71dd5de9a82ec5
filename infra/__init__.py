"""Terraform modules, tool wrappers, the Pulumi provider made of them, and the pinned toolchain."""
