"""What each root module is given in a rehearsed `dev`, and what it takes of the others' outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .account import NUMBER, REGION
from .conftest import TERRAFORM

Values = dict[str, Any]

RULES = TERRAFORM.parents[1] / "ansible" / "roles" / "prometheus" / "files" / "rules"
PURPOSES = ("datasets", "pipelines", "models", "releases", "predictions")
COMMON: Values = {"environment": "dev", "region": REGION, "account_id": NUMBER, "max_retries": 5}

# What moto lacks; the modules' own tests prove each of these with a mock.
LACKING: dict[str, Values] = {
    "foundation": {"require_tls": False},
    "data": {
        "require_tls": False,
        "performance_insights": False,
        "database_parameters": False,
        "redrive_permission": False,
        "kafka_clusters": False,
        "replication_groups": False,
    },
    "cluster": {
        "addons": False,
        "access_entries": False,
        "attachments": False,
        "launch_template_tags": False,
    },
    "observability": {"alertmanager": False, "workspace_key": False, "budgets": False},
}


def foundation() -> Values:
    """A network of our own, images of one system, CI that publishes them."""
    return COMMON | {
        "network": {"cidr": "10.20.0.0/16", "zones": [f"{REGION}{z}" for z in "abc"], "nat": "single"},
        "repositories": ["jobs", "recommender"],
        "ci": {
            "issuer_url": "https://token.actions.githubusercontent.com",
            "subjects": ["repo:acme/millrace:environment:dev"],
        },
        "access_log_bucket": {"name": "acme-dev-access-logs"},
        "capabilities": LACKING["foundation"],
    }


def data(of_foundation: Values) -> Values:
    """Everything that holds data, small and unprotected."""
    network = ("vpc_id", "cidr", "private_subnet_ids", "clients_security_group_id")
    return COMMON | {
        "network": {name: of_foundation[name] for name in network},
        "key_arns": of_foundation["key_arns"],
        "access_log_bucket": of_foundation["access_log_bucket"],
        "bucket_names": {purpose: f"acme-dev-{purpose}" for purpose in PURPOSES},
        "database": {"deletion_protection": False, "final_snapshot": False, "multi_zone": False},
        "secrets": {"steward-token": {"description": "What the steward shows to whom it calls."}},
        "secret_recovery_days": 0,
        "edge": {"bucket": "acme-dev-edge"},
        "capabilities": LACKING["data"],
    }


def cluster(of_foundation: Values, of_data: Values) -> Values:
    """Nodes with and without accelerators, and a way in for the world."""
    network = ("vpc_id", "private_subnet_ids", "public_subnet_ids", "clients_security_group_id")
    return COMMON | {
        "network": {name: of_foundation[name] for name in network},
        **{
            name: of_foundation[name]
            for name in ("key_arns", "role_arns", "access_log_bucket", "repositories")
        },
        **{name: of_data.get(name) for name in ("buckets", "secret_arns", "edge", "events", "cache")},
        "database_secret_arn": of_data["database"]["secret_arn"],
        "secret_readers": {name: ["steward"] for name in of_data["secret_arns"]},
        "cluster": {
            "access_entries": {"operators": {"principal_arn": f"arn:aws:iam::{NUMBER}:role/operators"}},
            "node_groups": {
                "general": {"instance_types": ["m6i.large"], "min": 1, "max": 3},
                "gpu": {"instance_types": ["g5.xlarge"], "accelerator": "nvidia", "min": 0, "max": 1},
            },
        },
        "ingress": {
            "zone": {"name": "dev.ml.example.com"},
            "internet_facing": True,
            "allowed_cidrs": ["0.0.0.0/0"],
            "deletion_protection": False,
        },
        "capabilities": LACKING["cluster"],
    }


def observability(of_foundation: Values, of_data: Values, of_cluster: Values) -> Values:
    """The project's own rules, and alarms about all that was made."""
    ingress = of_cluster["ingress"]
    return COMMON | {
        "key_arns": of_foundation["key_arns"],
        "rules": {file.stem: file.read_text() for file in RULES.glob("*.yml")},
        "subscribers": {"operators": "operators@example.com"},
        "database_instance_id": of_data["database"]["instance_id"],
        "dead_letter_queue_name": of_data["edge"]["dead_letter_queue_name"],
        "load_balancer": {name: ingress[name] for name in ("arn_suffix", "target_group_arn_suffix")},
        "budget": {"monthly_limit_usd": 500},
        "capabilities": LACKING["observability"],
    }


def inputs(root: str, outputs: dict[str, Values]) -> Values:
    """Return a root module's variables, from the outputs of those before it."""
    make = {"foundation": foundation, "data": data, "cluster": cluster, "observability": observability}[root]
    return make(*(outputs[name] for name in ("foundation", "data", "cluster")[: len(_before(root))]))


def placeholders(root: str) -> Values:
    """Return what stands in for a root module's outputs while they are unknown."""
    return json.loads(Path(TERRAFORM / "roots" / root / "placeholders.json").read_text())


def _before(root: str) -> tuple[str, ...]:
    order = ("foundation", "data", "cluster", "observability")
    return order[: order.index(root)]
