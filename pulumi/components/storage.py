"""Storage: the environment's buckets and who may use them, by the Terraform root module ``storage``."""

from __future__ import annotations

from typing import Final

import pulumi

from components.platform import Platform
from infra.provider.resources import Backend, TerraformRoot
from layout import REPOSITORY, Layout
from settings import LocalSettings

ROOT: Final = REPOSITORY / "infra" / "terraform" / "roots" / "storage"
REGION: Final = "us-east-1"

# SeaweedFS has users and no accounts; this is how its policies name them.
USER: Final = "arn:aws:iam::000000000000:user/{}"
PRINCIPALS: Final = ("tracking", "jobs", "delivery", "recorder")

# SeaweedFS deletes a versioned bucket with all that is in it, where S3 answers BucketNotEmpty: only a destroy
# that names the environment may.
BUCKETS: Final = "module.object_store.aws_s3_bucket.this"

# What SeaweedFS on loopback lacks; each is on where the store is S3.
CAPABILITIES: Final = {"require_tls": False, "block_public_access": False, "access_logging": False}


def endpoint_url(settings: LocalSettings) -> str:
    """Return the address of the object store's S3 API."""
    return f"http://127.0.0.1:{settings.ports.all['seaweedfs_s3']}"


class Storage(pulumi.ComponentResource):
    """Versioned buckets, one per purpose, each open to its own principals."""

    buckets: pulumi.Output[dict[str, str]]

    def __init__(self, settings: LocalSettings, layout: Layout, platform: Platform) -> None:
        super().__init__("millrace:storage:Storage", settings.environment)
        folder = layout.folder / "terraform" / "storage"
        root = TerraformRoot(
            "storage",
            root=ROOT,
            variables={
                "environment": settings.environment,
                "bucket_names": settings.bucket_names,
                "principals": {name: USER.format(name) for name in PRINCIPALS},
                "endpoint_url": endpoint_url(settings),
                "region": REGION,
                "retention_days": settings.retention_days,
                "capabilities": CAPABILITIES,
            },
            backend=Backend("local", {"path": str(folder / "terraform.tfstate")}),
            folder=folder,
            environment=credentials(layout),
            endpoint=endpoint_url(settings),
            start=platform.starting,
            protected=[BUCKETS],
            destroy_variables={"force_destroy": True},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[platform.playbook]),
        )
        self.buckets = root.output("buckets")
        self.register_outputs({"buckets": self.buckets})


def credentials(layout: Layout) -> dict[str, str]:
    """Return variables that name the operator's key without holding it; what the caller has set is undone."""
    file = layout.secret("aws-credentials")
    unset = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "")
    if pulumi.runtime.is_dry_run() and not file.exists():
        # The store makes the key during up; until then a plan needs one in form only, and uses none.
        return unset | {"AWS_ACCESS_KEY_ID": "not-made-yet", "AWS_SECRET_ACCESS_KEY": "not-made-yet"}
    return unset | {
        "AWS_PROFILE": "operator",
        "AWS_SHARED_CREDENTIALS_FILE": str(file),
        "AWS_CONFIG_FILE": "/dev/null",
    }
