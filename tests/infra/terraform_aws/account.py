"""The account that the tests play."""

REGION = "us-east-1"
NUMBER = "123456789012"
STATE = "acme-dev-terraform-state"
