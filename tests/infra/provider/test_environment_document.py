"""The environment's document: written, compared, mended, removed; file and object alike."""

import json
from types import SimpleNamespace

import boto3
import pytest
from moto.server import ThreadedMotoServer

from infra.provider.environment_document import misfits
from infra.provider.values import UNKNOWN
from ml.environment import Environment
from scripts.schema import is_current

PROGRAM = """
document = json.loads(os.environ["DOCUMENT"])
EnvironmentDocument(
    "document",
    document=document,
    path=os.environ["PATH_OF_IT"] or None,
    object_address="s3://environments/tried.json",
    environment={
        "AWS_ENDPOINT_URL": os.environ["STORE"],
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "tried",
        "AWS_SECRET_ACCESS_KEY": "tried",
    },
)
"""


def document(**changes):
    secret = {"kind": "file", "name": "/secrets/nats-token"}
    buckets = {name: name for name in ("datasets", "pipelines", "models", "releases", "predictions")}
    return {
        "schema_number": 1,
        "name": "tried",
        "revision": "abc",
        "systems": ["recommender"],
        "logs": "/logs",
        "object_store": {"endpoint_url": None, "region": "us-east-1", "buckets": buckets, "credentials": {}},
        "tracking": {"uri": "http://127.0.0.1:1"},
        "event_bus": {"kind": "nats", "url": "nats://127.0.0.1:2", "token": secret},
        "gateway": {"url": "http://127.0.0.1:3", "routes": "/routes"},
        "monitoring": {
            "prometheus_url": "http://127.0.0.1:4",
            "alertmanager_url": "http://127.0.0.1:5",
            "targets": "/targets",
        },
        "runtime": {
            "kind": "processes",
            "socket": "/socket",
            "configuration": "/configuration",
            "programs": "/programs",
            "folder": "/runtime",
            "first_port": 6,
            "last_port": 7,
        },
        "components": [],
        **changes,
    }


@pytest.fixture(scope="module")
def store():
    """An S3 store with one bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="tried",
        aws_secret_access_key="tried",
    )
    client.create_bucket(Bucket="environments")
    yield SimpleNamespace(address=address, client=client)
    server.stop()


@pytest.fixture(scope="module")
def life(programs, store):
    program = programs("document").write(PROGRAM)
    file = program.folder / "state" / "environment.json"
    program.environment |= {"STORE": store.address, "PATH_OF_IT": str(file)}
    program.environment["DOCUMENT"] = json.dumps(document())

    def held():
        return json.loads(store.client.get_object(Bucket="environments", Key="tried.json")["Body"].read())

    life = SimpleNamespace(file=file, store=store)
    bad = json.dumps(document(tracking={"uri": 5, "colour": "red"}))
    life.bad = program.preview(DOCUMENT=bad).badly()
    life.up = program.up().well()
    life.read = Environment.load(file)
    life.mode = file.stat().st_mode & 0o777
    life.held = held()
    life.same = program.preview().well()
    file.write_text(json.dumps(document(revision="by hand")))
    life.refreshed = program.refresh().well()
    life.drifted = program.preview("--diff").well()
    life.mended = program.up().well()
    life.mended_text = json.loads(file.read_text())
    store.client.put_object(Bucket="environments", Key="tried.json", Body=b"not json")
    life.held_mended = program.up().well() and held()
    life.moved = program.up(PATH_OF_IT="").well() and (file.exists(), held())
    program.up().well()
    life.destroyed = program.destroy().well()
    return life


@pytest.mark.slow
def test_a_document_that_does_not_fit_its_schema_fails_at_preview_by_its_path(life):
    assert life.bad.says("property document.tracking.uri", "5 is not of type 'string'")
    assert life.bad.says("property document.tracking", "'colour' was unexpected")


@pytest.mark.slow
def test_it_is_written_readable_for_all_as_file_and_as_object(life):
    assert life.read.name == "tried"
    assert life.mode == 0o644
    assert life.held == document()
    assert life.same.says("2 unchanged")


@pytest.mark.slow
def test_a_difference_made_by_hand_is_found_by_refresh_and_mended_by_up(life):
    assert life.refreshed.says("1 updated")
    assert life.drifted.says("1 to update")
    assert life.mended_text == document()
    assert life.held_mended == document()


@pytest.mark.slow
def test_it_may_be_an_object_alone_and_the_file_goes(life):
    assert life.moved == (False, document())


@pytest.mark.slow
def test_destroy_removes_file_and_object(life):
    assert not life.file.exists()
    found = life.store.client.list_objects_v2(Bucket="environments")
    assert "Contents" not in found


def test_the_committed_schema_fits_the_documents_own_model():
    assert is_current()


def test_unknown_parts_are_given_the_benefit_but_a_missing_key_is_not():
    assert list(misfits(document(tracking={"uri": UNKNOWN}))) == []
    assert [str(one) for one in misfits(document(tracking={}))] == [
        "document.tracking: 'uri' is a required property"
    ]
