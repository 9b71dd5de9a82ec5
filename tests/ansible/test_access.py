"""Who may do what in the object store, asked of the store itself."""

from __future__ import annotations

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

# By principal: the buckets it may write, and those it may read only.
ACCESS = {
    "operator": ({"datasets", "pipelines", "models", "releases", "predictions"}, set()),
    "tracking": ({"models"}, set()),
    "jobs": ({"datasets", "pipelines"}, {"predictions"}),
    "delivery": ({"releases"}, set()),
    "recorder": ({"predictions"}, set()),
}


def client(running, principal, key=None):
    """Return an S3 client of one principal, with its present key or another."""
    key = key or running.key(principal)
    return boto3.client(
        "s3",
        endpoint_url=running.address("seaweedfs_s3"),
        aws_access_key_id=key["access_key_id"],
        aws_secret_access_key=key["secret_access_key"],
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


def allowed(call, **arguments):
    """Tell whether the store did it; whatever else than a refusal goes wrong fails the test."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


@pytest.fixture(scope="module")
def seeded(environment):
    """Every bucket holds one object with one superseded version, written by the operator."""
    operator, versions = client(environment, "operator"), {}
    for bucket in environment.inputs["platform_buckets"].values():
        versions[bucket] = operator.put_object(Bucket=bucket, Key="proof/seed", Body=b"one")["VersionId"]
        operator.put_object(Bucket=bucket, Key="proof/seed", Body=b"two")
    return versions


@pytest.mark.parametrize("principal", ACCESS)
def test_a_principal_writes_its_own_buckets_and_no_others(environment, seeded, principal):
    writes, _ = ACCESS[principal]
    s3 = client(environment, principal)
    for purpose, bucket in environment.inputs["platform_buckets"].items():
        place = {"Bucket": bucket, "Key": f"proof/{principal}"}
        assert allowed(s3.put_object, **place, Body=b"x") == (purpose in writes), purpose
        assert allowed(s3.delete_object, **place) == (purpose in writes), purpose


@pytest.mark.parametrize("principal", ACCESS)
def test_a_principal_reads_what_it_writes_or_is_let_read_and_nothing_else(environment, seeded, principal):
    writes, reads = ACCESS[principal]
    s3 = client(environment, principal)
    for purpose, bucket in environment.inputs["platform_buckets"].items():
        may = purpose in writes | reads
        old = {"Bucket": bucket, "Key": "proof/seed", "VersionId": seeded[bucket]}
        assert allowed(s3.get_object, Bucket=bucket, Key="proof/seed") == may, purpose
        assert allowed(s3.get_object, **old) == may, purpose
        assert allowed(s3.list_objects_v2, Bucket=bucket) == may, purpose


@pytest.mark.parametrize("principal", [name for name in ACCESS if name != "operator"])
def test_only_the_operator_administers(environment, seeded, principal):
    s3 = client(environment, principal)
    bucket = environment.inputs["platform_buckets"][next(iter(ACCESS[principal][0]))]
    assert not allowed(s3.create_bucket, Bucket="planted")
    assert not allowed(s3.delete_bucket, Bucket=bucket)
    assert not allowed(s3.put_bucket_policy, Bucket=bucket, Policy="{}")
    assert not allowed(
        s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}
    )
    assert not allowed(s3.delete_object, Bucket=bucket, Key="proof/seed", VersionId=seeded[bucket])


def test_nobody_reads_without_a_key(environment, seeded):
    for bucket in environment.inputs["platform_buckets"].values():
        assert httpx.get(environment.address("seaweedfs_s3", f"/{bucket}/proof/seed")).status_code == 403


def test_a_large_object_goes_up_in_parts(environment, seeded, tmp_path):
    large = tmp_path / "large"
    large.write_bytes(b"x" * (12 << 20))
    bucket = environment.inputs["platform_buckets"]["datasets"]
    jobs = client(environment, "jobs")
    jobs.upload_file(str(large), bucket, "proof/large")
    assert jobs.head_object(Bucket=bucket, Key="proof/large")["ContentLength"] == 12 << 20


def test_the_tracking_server_keeps_runs_in_its_database_and_artifacts_in_the_models_bucket(environment):
    uri, text = environment.address("mlflow"), b"kept by the store"
    made = httpx.post(f"{uri}/api/2.0/mlflow/experiments/create", timeout=60, json={"name": "proof"}).json()
    run = httpx.post(
        f"{uri}/api/2.0/mlflow/runs/create",
        json={"experiment_id": made["experiment_id"], "start_time": 1},
        timeout=60,
    ).json()["run"]["info"]
    assert run["artifact_uri"].startswith("mlflow-artifacts:/")
    place = f"{made['experiment_id']}/{run['run_id']}/artifacts/note.txt"
    assert (
        httpx.put(f"{uri}/api/2.0/mlflow-artifacts/artifacts/{place}", content=text, timeout=60).status_code
        == 200
    )
    bucket = environment.inputs["platform_buckets"]["models"]
    assert client(environment, "tracking").get_object(Bucket=bucket, Key=place)["Body"].read() == text
    assert b"proof" in (environment.folder / "components" / "mlflow" / "mlflow.db").read_bytes()
    httpx.post(
        f"{uri}/api/2.0/mlflow/experiments/delete", timeout=60, json={"experiment_id": made["experiment_id"]}
    )
