"""Property values as plain Python, secrets hidden, and the schema as the inputs have it."""

import json
import threading
from pathlib import Path

import pytest

import infra.provider.resources as resources
from infra.provider.adoption import read_id
from infra.provider.call import Call
from infra.provider.differences import differences
from infra.provider.inputs import (
    AnsiblePlaybookInputs,
    EnvironmentDocumentInputs,
    TerraformRootInputs,
    invalid,
    parse,
)
from infra.provider.outputs import after, yielded
from infra.provider.plan_rules import refuse_losses
from infra.provider.values import UNKNOWN, Properties, Secret, fill, holds_secret, known, unknown_paths
from infra.wrappers.errors import InputInvalid, ProtectedAddress
from infra.wrappers.terraform_plan import AddressChange, Plan, PlannedOutput

SCHEMA = json.loads(Path(resources.__file__).with_name("schema.json").read_text())
MODELS = {
    "TerraformRoot": TerraformRootInputs,
    "AnsiblePlaybook": AnsiblePlaybookInputs,
    "EnvironmentDocument": EnvironmentDocumentInputs,
}


class Lines:
    """An engine that keeps what it is told."""

    def __init__(self):
        self.told = []

    def log(self, urn, level, message, *, live=False):
        self.told.append(message)


def call(*secrets):
    made = Call("urn:pulumi:stack::project::millrace:index:TerraformRoot::name", Lines(), threading.Event())
    made.keep_secret(secrets)
    return made


def test_values_come_back_as_they_went():
    values = {"n": 3, "f": 0.5, "b": True, "none": None, "l": [1, Secret("x")], "m": {"u": UNKNOWN}}
    assert Properties.read(Properties(values).marshal()).values == values
    assert Properties(values).plain()["l"] == [1, "x"]
    assert holds_secret(values)


def test_secrets_are_every_text_within_a_secret_value():
    values = Properties({"a": Secret({"k": ["one-secret", 5]}), "b": "open", "c": Secret("abc")})
    # Three letters would hide half of every line.
    assert values.secrets() == {"one-secret"}


def test_a_secret_is_hidden_as_it_stands_and_as_json_writes_it():
    made = call('two\n"lines"')
    made.tell('it is two\n"lines" or two\\n\\"lines\\"')
    assert made.engine.told == ["it is [secret] or [secret]"]
    assert (made.stack, made.name) == ("stack", "name")


def test_unknown_parts_are_filled_from_placeholders_and_named_where_there_are_none():
    value = {"a": UNKNOWN, "b": [1, UNKNOWN], "c": "known"}
    filled = fill(value, {"b": [None, "two"], "c": "ignored"})
    assert filled == {"a": UNKNOWN, "b": [1, "two"], "c": "known"}
    assert list(unknown_paths(filled, "variables")) == ["variables.a"]
    assert known(value) == {"b": [1], "c": "known"}


def test_differences_are_told_by_path():
    old, new = {"a": 1, "l": [1, 2], "gone": 1}, {"a": 2, "l": [1], "x y": 1}
    assert differences(old, new) == {"a": "update", "l[1]": "delete", "gone": "delete", '["x y"]': "add"}


def test_what_is_unknown_is_not_called_wrong_but_what_is_wrong_is():
    assert invalid(TerraformRootInputs, {"root": UNKNOWN, "endpoint": UNKNOWN}) == []
    wrong = invalid(TerraformRootInputs, {"root": ".", "backend": {"kind": "s3"}, "colour": "red"})
    assert {one.property_path for one in wrong} == {"backend.type", "backend.kind", "colour"}
    with pytest.raises(InputInvalid, match="colour"):
        parse(TerraformRootInputs, {"root": ".", "colour": "red"})


def test_a_planned_output_is_unknown_where_the_plan_does_not_know_it():
    planned = PlannedOutput(actions=("create",), after={"a": 1}, after_unknown={"b": True, "a": False})
    assert after(planned) == {"a": 1, "b": UNKNOWN}
    assert after(PlannedOutput(actions=("create",), after_unknown=True)) is UNKNOWN


def test_an_output_that_mentions_a_secret_input_is_secret(tmp_path):
    found = yielded(
        call("hidden-word"), {"a": {"k": "has hidden-word"}, "b": "open"}, placeholders=tmp_path / "no"
    )
    assert found["outputs"] == {"b": "open"}
    assert found["secret_outputs"] == Secret({"a": {"k": "has hidden-word"}})


@pytest.mark.parametrize("address", ["module.store", "module.store.x.y", 'module.store["a"].x.y'])
def test_what_lies_below_a_protected_address_is_protected(address):
    plan = Plan(Path("p"), True, (AddressChange(address, "delete"),), (), {}, ())
    with pytest.raises(ProtectedAddress):
        refuse_losses(plan, ["module.store"])
    refuse_losses(plan, ["module.sto", "module.store.z"])


def test_an_id_names_root_backend_and_variables(tmp_path):
    (tmp_path / "b.json").write_text('{"type": "s3", "config": {"bucket": "x"}}')
    inputs = read_id(f"roots/one?backend={tmp_path}/b.json&binary=tofu")
    assert inputs["backend"]["config"] == {"bucket": "x"}
    assert inputs["binary"] == "tofu"
    assert read_id("roots/one")["backend"]["config"]["path"].endswith("roots/one/terraform.tfstate")
    with pytest.raises(InputInvalid, match="colour"):
        read_id("roots/one?colour=red")
    with pytest.raises(InputInvalid, match="cannot be read"):
        read_id("roots/one?backend=nowhere.json")


@pytest.mark.parametrize("kind", MODELS)
def test_the_schema_has_the_inputs_that_the_provider_takes(kind):
    described = SCHEMA["resources"][f"millrace:index:{kind}"]
    model = MODELS[kind]
    assert set(described["inputProperties"]) == set(model.model_fields)
    needed = {name for name, field in model.model_fields.items() if field.is_required()}
    assert set(described["requiredInputs"]) == needed
    assert hasattr(resources, kind)
