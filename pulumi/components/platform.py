"""The platform: every component that an environment runs on this machine, by one Ansible playbook."""

from __future__ import annotations

from typing import Any, Final

import pulumi

from infra.provider.resources import AnsiblePlaybook, Playbook
from layout import REPOSITORY, Layout
from settings import LocalSettings

ANSIBLE: Final = REPOSITORY / "ansible"
INVENTORY: Final = ANSIBLE / "inventories" / "local.yml"
PLAYBOOK: Final = ANSIBLE / "playbooks" / "platform.yml"
TEARDOWN: Final = ANSIBLE / "playbooks" / "platform_teardown.yml"


def playbook_variables(settings: LocalSettings, layout: Layout) -> dict[str, Any]:
    """Return what the playbook takes; ``ansible/playbooks/README.md`` explains each."""
    return {
        "platform_environment": settings.environment,
        "platform_folder": str(layout.folder),
        "platform_socket": str(layout.socket),
        "platform_settings": settings.shown_file,
        "platform_ports": settings.ports.all,
        "platform_buckets": settings.bucket_names,
        "platform_log_days": settings.log_days,
        "platform_alerts": settings.alerts.for_alertmanager(),
    }


class Platform(pulumi.ComponentResource):
    """Object store, tracking server, event bus, gateway and monitoring, under supervisord."""

    def __init__(self, settings: LocalSettings, layout: Layout) -> None:
        super().__init__("millrace:platform:Platform", settings.environment)
        variables = playbook_variables(settings, layout)
        self.starting = Playbook(PLAYBOOK, INVENTORY, variables)
        self.playbook = AnsiblePlaybook(
            "platform",
            playbook=PLAYBOOK,
            inventory=INVENTORY,
            variables=variables,
            teardown=TEARDOWN,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
