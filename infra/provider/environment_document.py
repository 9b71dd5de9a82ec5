"""`millrace:index:EnvironmentDocument`: the environment's outputs as a file and as an object."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from infra.provider.call import Call
from infra.provider.differences import differences
from infra.provider.document_places import FilePlace, ObjectPlace, Place
from infra.provider.inputs import EnvironmentDocumentInputs, invalid, parse
from infra.provider.resource import Difference, Found, Kind, ResourceType
from infra.provider.values import UNKNOWN, Properties, holds_secret, unknown_paths
from infra.wrappers.errors import InfraError, InputInvalid

SCHEMA: Final = Path(__file__).with_name("environment.schema.json")
# What these find wrong is wrong whatever the unknown parts become.
SURE: Final = frozenset({"required", "additionalProperties"})
WHERE: Final = ("path", "object_address")


class EnvironmentDocument(ResourceType):
    """The document is what it should be, or it is written."""

    def check(self, call: Call, inputs: Properties) -> tuple[Properties, list[InputInvalid]]:
        """Check form, and the document against its schema as far as it is known."""
        values = inputs.plain()
        wrong = invalid(EnvironmentDocumentInputs, values)
        if holds_secret(inputs.values.get("document")):
            wrong.append(InputInvalid("document", "holds a secret; put a reference to it there instead"))
        if not wrong and isinstance(values.get("document"), dict):
            wrong = list(misfits(values["document"]))
        return inputs, wrong

    def diff(self, call: Call, old: Properties, state: Properties, new: Properties) -> Difference:
        """Compare what lies there with what should, by the document's own paths."""
        before, now = old.plain(), new.plain()
        details: dict[str, Kind] = {name: "update" for name in WHERE if before.get(name) != now.get(name)}
        if list(unknown_paths(now)):
            return Difference(changes=True, details=details or {"document": "update"})
        inputs = parse(EnvironmentDocumentInputs, now)
        for place in places(inputs):
            details |= differences(place.read(), inputs.document, "document")
        return Difference(changes=bool(details), details=details)

    def preview(
        self, call: Call, old: Properties | None, state: Properties | None, new: Properties
    ) -> Properties:
        """Return the digest, if the document is known."""
        values = new.plain()
        late = list(unknown_paths(values.get("document")))
        return Properties({"content_digest": UNKNOWN if late else digest(values["document"])})

    def create(self, call: Call, new: Properties) -> tuple[str, Properties]:
        """Write the document."""
        inputs = parse(EnvironmentDocumentInputs, new.plain())
        return inputs.object_address or str(inputs.path), self._write(inputs)

    def update(
        self, call: Call, resource_id: str, old: Properties, state: Properties, new: Properties
    ) -> Properties:
        """Write the document where it should lie, and take it away from where it lay."""
        before, now = (parse(EnvironmentDocumentInputs, given.plain()) for given in (old, new))
        written = self._write(now)
        for place in places(before):
            if place not in places(now):
                place.remove()
        return written

    def read(self, call: Call, resource_id: str, inputs: Properties, state: Properties) -> Found | None:
        """Find differences; a document that lies nowhere is gone."""
        if not inputs.values:
            raise InputInvalid("id", "a document cannot be imported: it is written from the stack; create it")
        asked = parse(EnvironmentDocumentInputs, inputs.plain())
        found = [place.read() for place in places(asked)]
        if all(content is None for content in found):
            return None
        odd = next((content for content in found if content != asked.document), asked.document)
        return Found(resource_id, inputs, state | {"content_digest": digest(odd)})

    def delete(self, call: Call, inputs: Properties, state: Properties) -> None:
        """Remove file and object; a store that is gone already took its object with it."""
        asked = parse(EnvironmentDocumentInputs, inputs.plain())
        for place in places(asked):
            try:
                place.remove()
            except InfraError as error:
                call.warn(str(error))

    def _write(self, inputs: EnvironmentDocumentInputs) -> Properties:
        text = json.dumps(inputs.document, indent=2, sort_keys=True) + "\n"
        for place in places(inputs):
            place.write(text)
        return Properties({"content_digest": digest(inputs.document)})


def places(inputs: EnvironmentDocumentInputs) -> list[Place]:
    """Return where the document lies."""
    found: list[Place] = [FilePlace(inputs.path)] if inputs.path else []
    if inputs.object_address:
        found.append(ObjectPlace(inputs.object_address, inputs.environment))
    return found


def digest(document: Any) -> str:
    """Return the digest of the document's content."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def misfits(document: Mapping[str, Any]) -> Iterator[InputInvalid]:
    """Yield what does not fit the schema, by property path; unknown parts are given the benefit."""
    import jsonschema

    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    for error in validator.iter_errors(document):
        if error.validator in SURE or not list(unknown_paths(error.instance)):
            path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.path)
            yield InputInvalid(f"document{path}", error.message)
