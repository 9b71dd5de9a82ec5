"""What the root modules of an environment in AWS have in common: state, checks, protection."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pulumi
from pulumi import Input, ResourceOptions

from aws_settings import AwsSettings
from infra.provider.resources import Backend, TerraformRoot
from layout import REPOSITORY, Layout
from rehearsal import rehearsed, switched, terraform_folder

# Paths count from the program's folder, so that a second clone elsewhere finds no difference.
PROGRAM: Final = REPOSITORY / "pulumi"
TERRAFORM: Final = "../infra/terraform"


def aws_root(
    name: str,
    settings: AwsSettings,
    layout: Layout,
    variables: Mapping[str, Input[Any]],
    *,
    protected: Sequence[str] = (),
    destroy_variables: Mapping[str, Any] | None = None,
    parent: pulumi.Resource,
) -> TerraformRoot:
    """Return a root module with its state in the environment's bucket, held to policy and budget."""
    return TerraformRoot(
        name,
        root=f"{terraform_folder(TERRAFORM)}/roots/{name}",
        variables={
            "environment": settings.environment,
            "region": settings.region,
            "account_id": settings.account_id,
            "log_retention_days": settings.log_retention_days,
            "tags": settings.tags,
            **variables,
            **switched(name),
        },
        backend=_backend(name, settings),
        protected=protected,
        destroy_variables=destroy_variables,
        checks=checks(name, settings, layout),
        opts=ResourceOptions(parent=parent, protect=settings.protect),
    )


def checks(name: str, settings: AwsSettings, layout: Layout) -> list[list[str]]:
    """Return the commands that a plan of this root module must pass."""
    folder = os.path.relpath(layout.folder / "cost", PROGRAM)
    return [
        ["python", "-m", "infra.policy", *(["--rehearsal"] if rehearsed() else [])],
        [
            "python", "-m", "infra.cost", "--environment", settings.environment, "--root", name,
            "--limit-usd", f"{settings.budget.monthly_limit_usd:g}", "--folder", folder,
            "--region", settings.region,
        ],
    ]  # fmt: skip


def _backend(name: str, settings: AwsSettings) -> Backend:
    """Return the backend; the bucket's own default encrypts, so that no request names another key."""
    config: dict[str, Any] = {
        "bucket": settings.state_bucket,
        "key": f"terraform/{name}.tfstate",
        "region": settings.region,
        "use_lockfile": True,
    }
    # A store that is not AWS has no host name per bucket.
    return Backend("s3", config | ({"use_path_style": True} if "AWS_ENDPOINT_URL" in os.environ else {}))
