"""The Pulumi resource provider ``millrace``: root modules and playbooks as resources."""
