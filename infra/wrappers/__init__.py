"""Terraform, Ansible and other programs, called in one place each."""
