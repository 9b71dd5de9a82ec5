"""The pinned list itself."""

from __future__ import annotations

from importlib import metadata

import pytest

from infra.toolchain.catalogue import Catalogue
from infra.toolchain.errors import CatalogueInvalid
from infra.toolchain.install import CATALOGUE, MODULES
from infra.toolchain.sources.go_module import GoSource

from .conftest import hoist

SHIPPED = Catalogue.load(CATALOGUE)


def test_the_shipped_list_has_what_make_up_needs():
    assert set(SHIPPED.group("core")) == {
        "pulumi", "terraform", "prometheus", "alertmanager", "prometheus-blackbox-exporter",
        "weed", "traefik", "nats-server",
    }  # fmt: skip


def test_the_engine_is_of_the_same_version_as_its_python_library():
    assert SHIPPED.tool("pulumi").version == metadata.version("pulumi")


def test_every_go_build_has_its_committed_module_with_sums():
    builds = [
        build
        for tool in SHIPPED.tools
        for source in tool.sources
        if isinstance(source, GoSource)
        for build in (*source.builds, *source.copies)
    ]
    assert builds
    for build in builds:
        assert (MODULES / build.module / "go.sum").stat().st_size > 0


def test_every_program_has_a_place_in_each_of_its_sources():
    for tool in SHIPPED.tools:
        for source in tool.sources:
            members = getattr(source, "members", None)
            assert members is None or set(tool.programs) == set(members), tool.name


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('purpose = "lifts"', "", r"tools\.0\.purpose: Field required"),
        ('kind = "path"', 'kind = "magic"', "magic"),
        ('range = ">=1.2,<2"', "", "version, range and probe go together"),
        ('version = "1.2.0"', 'version = "3.0.0"', "3.0.0 lies outside of range"),
        ('kind = "path"', 'kind = "archive"\nurl = "x"\nmembers = {}', "nothing is used unchecked"),
        ("[hoist]", "[hoist", "cannot be read"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, before, after, words):
    path = tmp_path / "tools.toml"
    path.write_text(hoist('kind = "path"').replace(before, after, 1))
    with pytest.raises(CatalogueInvalid, match=words):
        Catalogue.load(path)


def test_checkov_is_installed_on_demand_alone():
    assert SHIPPED.tool("checkov").group == "lint"
    assert all(source.kind == "python" for source in SHIPPED.tool("checkov").sources)
