"""The two ends of the environment's document: what the program writes is what `ml.environment` reads."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import settings
from components import outputs
from layout import REPOSITORY, Layout
from ml.environment import Environment
from ports import OFFSETS


@pytest.fixture
def document(tmp_path, monkeypatch):
    monkeypatch.delenv("MILLRACE_ENVIRONMENTS", raising=False)
    chosen = settings.load("local")
    return outputs.document(chosen, Layout(tmp_path, "local"), chosen.bucket_names)


def test_the_document_loads_typed(document, tmp_path):
    path = tmp_path / "environment.json"
    path.write_text(json.dumps(document))
    environment = Environment.load(path)
    assert environment.name == "local"
    assert environment.runtime.last_port - environment.runtime.first_port == 39
    assert {component.name for component in environment.components} == set(outputs.HEALTH)


def test_the_document_fits_the_committed_schema(document):
    schema = json.loads((REPOSITORY / "infra" / "provider" / "environment.schema.json").read_text())
    jsonschema.validate(document, schema)


def test_the_document_holds_references_and_no_secret(document):
    references = [document["event_bus"]["token"], *document["object_store"]["credentials"].values()]
    assert all(reference["kind"] == "file" for reference in references)
    assert all(Path(reference["name"]).parent.name == "secrets" for reference in references)


def test_every_component_with_a_health_address_has_a_port(document):
    assert {port for port, _ in outputs.HEALTH.values()} <= set(OFFSETS)


def test_the_revision_follows_the_settings(tmp_path):
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text("a: 1")
    two.write_text("a: 2")
    assert outputs.revision(one) == outputs.revision(one)
    assert outputs.revision(one) != outputs.revision(two)


def test_the_socket_fits_into_an_address_however_long_the_state_folder_is():
    deep = Layout(Path("/") / ("d" * 200) / ("e" * 200), "local")
    assert len(str(deep.socket)) < 100
    assert deep.socket != Layout(Path("/elsewhere"), "local").socket
