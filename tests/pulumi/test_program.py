"""The program through the real engine: an empty environment, one that runs, and one that is told to go."""

from __future__ import annotations

import json
import subprocess

import boto3
import httpx
import pytest
import yaml

from ml.operation import Rollout as Policy
from services.delivery.declared import declared_limits
from services.delivery.delivery import Delivery
from services.delivery.gateway import Traefik
from services.delivery.runtime import Processes
from tests.environments import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def buckets_of(settings):
    """Return the time at which each bucket was made."""
    store = settings.load().object_store
    key = json.loads(store.credentials["operator"].read())
    client = boto3.client(
        "s3",
        endpoint_url=store.endpoint_url,
        region_name=store.region,
        aws_access_key_id=key["access_key_id"],
        aws_secret_access_key=key["secret_access_key"],
    )
    return {bucket["Name"]: bucket["CreationDate"] for bucket in client.list_buckets()["Buckets"]}


def preview(settings, *flags, check=True):
    return settings.pulumi("preview", "--stack", settings.name, "--non-interactive", *flags, check=check)


def test_an_empty_environment_previews_whole_and_makes_nothing(fresh_settings):
    fresh_settings.pulumi("stack", "init", fresh_settings.name, "--no-select")
    told = preview(fresh_settings)
    said = told.stdout + told.stderr
    assert "seaweedfs : Run the store" in said
    assert 'create module.object_store.aws_s3_bucket.this["datasets"]' in said
    assert "7 to create" in said
    made = (
        {path.name for path in fresh_settings.folder.iterdir()} if fresh_settings.folder.exists() else set()
    )
    assert made <= {"terraform"}


def test_a_wrong_setting_fails_at_preview_with_its_name_and_no_traceback(fresh_settings):
    content = yaml.safe_load(fresh_settings.settings.read_text())
    content["ports"]["overrides"] = {"mlflow": content["ports"]["first"]}
    fresh_settings.settings.write_text(yaml.safe_dump(content))
    fresh_settings.pulumi("stack", "init", fresh_settings.name, "--no-select")
    told = preview(fresh_settings, check=False)
    said = told.stdout + told.stderr
    assert told.returncode != 0
    assert f"{fresh_settings.settings}: ports" in said
    assert "mlflow and gateway would both listen on" in said
    assert "Traceback" not in said


def test_what_runs_and_is_up_to_date_previews_without_a_change(local_environment):
    told = preview(local_environment, "--expect-no-changes")
    assert "unchanged" in told.stdout


def test_the_stacks_output_is_the_document_in_the_state_folder(local_environment):
    told = local_environment.pulumi(
        "stack", "output", "environment", "--json", "--stack", local_environment.name
    )
    assert json.loads(told.stdout) == json.loads(local_environment.document.read_text())


def test_every_component_that_the_document_names_is_well(local_environment):
    for component in local_environment.load().components:
        assert httpx.get(component.health_url).status_code == 200, component.name


def test_the_state_of_pulumi_and_terraform_holds_no_key(local_environment):
    keys = [json.loads(path.read_text()) for path in local_environment.folder.glob("secrets/s3-*.json")]
    secrets = [key["secret_access_key"] for key in keys]
    secrets.append((local_environment.folder / "secrets" / "nats-token").read_text().strip())
    places = [
        *local_environment.home.glob("pulumi/**/*.json"),
        *local_environment.folder.glob("terraform/**/*"),
    ]
    texts = [
        path.read_text(errors="replace") for path in places if path.is_file() and path.stat().st_size < 10**7
    ]
    assert len(secrets) == 6
    assert len(texts) > 3
    assert not [text for text in texts for secret in secrets if secret in text]


def test_git_sees_nothing_of_it(local_environment):
    done = subprocess.run(
        ["git", "status", "--porcelain", "--", "pulumi", "ansible", "infra/terraform/roots/storage"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert local_environment.name not in done.stdout
    assert "Pulumi." not in done.stdout
    assert ".terraform" not in done.stdout.replace(".terraform.lock.hcl", "")


def test_a_destroy_that_does_not_name_the_environment_leaves_every_bucket(local_environment):
    before = buckets_of(local_environment)
    refused = local_environment.pulumi(
        "destroy", "--yes", "--skip-preview", "--stack", local_environment.name, "--non-interactive",
        "--target", f"urn:pulumi:{local_environment.name}::millrace::millrace:storage:Storage$"
        "millrace:index:TerraformRoot::storage", "--target-dependents", check=False,
    )  # fmt: skip
    assert refused.returncode != 0
    assert "protected" in refused.stdout + refused.stderr
    local_environment.provision()
    assert buckets_of(local_environment) == before
    assert len(before) == 5


HOLDING = {
    "requests_per_step": 20,
    # Longer than until a driver says how far it is, which is when it is interrupted.
    "step_least_s": 20,
    "step_timeout_s": 600,
    "tolerances": {"latency": 0.45},
}


def another_release_of(environment, share):
    """Delivery whose releases differ from what serves by a limit alone, rolled out by steps that hold."""
    plan = HOLDING | {"weights": (share, 1.0)}
    return Delivery(
        environment,
        limits=lambda system: declared_limits(system).model_copy(update={"max_in_flight": 500}),
        policy=lambda system: Policy.model_validate(plan),
    )


def until(weight):
    """Interrupt a driver once requests are divided like this."""

    def progress(said):
        if said.startswith(f"{weight}: "):
            raise KeyboardInterrupt

    return progress


def what_delivery_owns(environment):
    """What divides requests, and the processes that answer them."""
    folders = (environment.here.routes, environment.here.targets, environment.here.runtime.programs)
    files = {path: path.read_text() for folder in folders for path in folder.iterdir()}
    processes = {each.release: each.pid for each in Processes(environment).instances("recommender")}
    return files, processes


@pytest.mark.parametrize("share", [0.3, pytest.param(0.6, marks=pytest.mark.long)])
def test_neither_refresh_preview_nor_up_changes_anything_or_moves_traffic_at_a_canarys_weights(
    served_environment, share
):
    environment = served_environment.load()
    delivery, gateway = another_release_of(environment, share), Traefik(environment)
    with pytest.raises(KeyboardInterrupt):
        delivery.roll_out("recommender", progress=until(f"{share:.0%}"))
    divided, owned = gateway.traffic("recommender"), what_delivery_owns(environment)
    assert divided.share == share
    # One command that refreshes, previews and updates.
    served_environment.pulumi(
        "up", "--refresh", "--yes", "--expect-no-changes", "--non-interactive",
        "--stack", served_environment.name,
    )  # fmt: skip
    assert gateway.follows("recommender", divided)
    assert what_delivery_owns(environment) == owned
    ended = delivery.abort("recommender")
    assert delivery.status("recommender").current.id == ended.champion
