"""What an environment would cost, from Terraform's plan and a price table in the repository.

``python -m infra.cost`` checks one plan; ``millrace cost`` shows all of an environment.
What has no price is named, never counted as zero.
"""
