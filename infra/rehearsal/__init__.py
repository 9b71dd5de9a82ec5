"""An AWS account played by a server on this machine, and what lies in an account."""
