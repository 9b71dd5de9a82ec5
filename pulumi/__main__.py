"""What one environment is: on this machine or in AWS, one graph, and the document that tells of it."""

from __future__ import annotations

import os
import sys
from typing import Any

import pulumi

import settings
from components.aws_outputs import AwsOutputs
from components.cluster import Cluster
from components.data import Data
from components.foundation import Foundation
from components.observability import Observability
from components.outputs import Outputs
from components.platform import Platform
from components.storage import Storage
from layout import Layout, state_home


def on_this_machine(chosen: settings.LocalSettings, layout: Layout) -> pulumi.Output[dict[str, Any]]:
    """Declare the platform, and the storage on it."""
    platform = Platform(chosen, layout)
    storage = Storage(chosen, layout, platform)
    return Outputs(chosen, layout, storage).document


def in_aws(chosen: settings.AwsSettings, layout: Layout) -> pulumi.Output[dict[str, Any]]:
    """Declare the four root modules, each on those before it."""
    foundation = Foundation(chosen, layout)
    data = Data(chosen, layout, foundation)
    cluster = Cluster(chosen, layout, foundation, data)
    observability = Observability(chosen, layout, foundation, data, cluster)
    return AwsOutputs(chosen, (foundation, data, cluster, observability)).document


def unapproved(chosen: settings.Settings) -> str | None:
    """Return why this run may not change the environment; nothing if it may."""
    if not chosen.approval or pulumi.runtime.is_dry_run():
        return None
    if os.environ.get("MILLRACE_APPROVED") == chosen.environment:
        return None
    return (
        f"{chosen.environment} is changed with approval alone ({chosen.shown_file}: approval): "
        f"`millrace provision {chosen.environment}` shows the change and asks; where another has asked, "
        f"set MILLRACE_APPROVED={chosen.environment}"
    )


try:
    chosen = settings.load(pulumi.get_stack())
except settings.SettingsInvalid as error:
    # The message says it all; a traceback of this program would hide it.
    pulumi.log.error(str(error))
    sys.exit(1)

if refusal := unapproved(chosen):
    pulumi.log.error(refusal)
    sys.exit(1)

layout = Layout(state_home(), chosen.environment)
if isinstance(chosen, settings.AwsSettings):
    document = in_aws(chosen, layout)
else:
    document = on_this_machine(chosen, layout)
pulumi.export("environment", document)
