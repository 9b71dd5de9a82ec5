"""A release on its way to another environment: two sets of records, one machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from ml.environment import Environment
from services.delivery.archive import Archive
from services.delivery.delivery import Delivery
from services.delivery.package import Bento, Packager
from services.delivery.promotion import Promotion
from services.delivery.release import Release
from services.delivery.releases import Releases
from services.errors import PackagingFailed, ReleaseNotFound, RolloutOpen
from tests.services.delivery.test_rollout import delivering
from tests.services.registry import FolderRegistry
from tests.services.stack import Stack

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def theirs(stack: Stack, echo_bento: Bento) -> Release:
    """A release that the environment `test` made once; it does not run."""
    releases = Releases(stack.env)
    packager = Packager(echo_bento.folder.parents[2])
    Archive(releases.store, packager, echo_bento.folder.parents[2]).keep(echo_bento)
    release = Release(
        id="echo-v7-11111111",
        system="echo",
        model_version=7,
        model_digest="the same model",
        dataset_version="d7",
        code_digest="the same code",
        bento_tag=echo_bento.tag,
        bento_digest=echo_bento.digest,
        commit="0123456789abcdef",
        infrastructure_revision="r1",
        created_by="ada",
        created_at=datetime.now(UTC),
    )
    return releases.record(release)


@pytest.fixture
def prod(stack: Stack, tmp_path: Path) -> Environment:
    """Another environment on the same parts, with a bucket, a folder and a name of its own."""
    bucket = f"prod-{tmp_path.name[-20:]}".lower().replace("_", "-")
    stack.s3().create_bucket(Bucket=bucket)
    store = stack.env.object_store
    buckets = store.buckets.model_copy(update={"releases": bucket})
    own = {"name": "prod", "revision": "r2"} | {
        "object_store": store.model_copy(update={"buckets": buckets}),
        "runtime": stack.env.here.runtime.model_copy(update={"folder": tmp_path / "prod"}),
    }
    return stack.env.model_copy(update=own)


@pytest.fixture
def receiving(
    prod: Environment, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> Iterator[Delivery]:
    """Delivery of `prod`; a rollout that nobody asks anything promotes its canary after a moment."""
    plan = {"step_timeout_s": 0.6, "step_least_s": 0.1, "on_timeout": "promote"}
    made = delivering(stack, registry, echo_root, env=prod, **plan)
    yield made
    made.retire("echo")


@pytest.fixture
def promotion(stack: Stack, prod: Environment, receiving: Delivery) -> Promotion:
    return Promotion(stack.env, prod, receiving)


def archive(release: Release) -> str:
    return f"echo/bentos/{release.bento_digest[:16]}.tar"


def test_the_same_bento_takes_over_there_under_the_names_of_there_and_is_not_promoted_twice(
    theirs: Release, promotion: Promotion, prod: Environment, receiving: Delivery, registry: FolderRegistry,
    stack: Stack, tmp_path: Path,
) -> None:  # fmt: skip
    receiving.release("echo", registry.add(" of prod"))
    assert promotion.chosen("echo", theirs.id[:-2]) == theirs
    assert promotion.arrived(theirs) is None
    assert not promotion.under_way(theirs)
    promotion.bring(theirs)
    broken = {"Bucket": prod.object_store.buckets.releases, "Key": archive(theirs)}
    stack.s3().put_object(**broken, Body=b"half of it")
    version, downloads = registry.add("the same model"), registry.downloads

    def interrupt(said: str) -> None:
        if said.startswith("step 1"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        promotion.roll_out(theirs, version, interrupt)
    assert promotion.under_way(theirs)
    other = theirs.model_copy(update={"model_digest": "another"})
    with pytest.raises(RolloutOpen, match=f"to promote {other.id} while a rollout is open"):
        promotion.under_way(other)
    made = promotion.go_on(theirs)

    assert (made.bento_digest, made.code_digest) == (theirs.bento_digest, theirs.code_digest)
    assert (made.model_version, made.infrastructure_revision) == (version, "r2")
    assert made.promoted_from is not None
    assert (made.promoted_from.environment, made.promoted_from.release) == ("test", theirs.id)
    answer = httpx.post(f"{stack.env.gateway.url}/echo/echo", json={"text": "a"}).json()
    assert (answer["texts"], answer["release"], answer["model_version"]) == (["a!"], made.id, version)
    assert promotion.arrived(theirs) == made
    assert registry.downloads == downloads, "nothing was packed again"
    again = Packager(tmp_path / "again")
    kept = Archive(Releases(prod).store, again, tmp_path / "again")
    kept.fetch(again.at("echo", theirs.bento_digest))
    assert again.at("echo", theirs.bento_digest).folder.is_dir(), "what was broken in its bucket was replaced"


def test_a_bento_that_is_not_whole_is_refused_and_leaves_nothing(
    theirs: Release, promotion: Promotion, prod: Environment, stack: Stack
) -> None:
    kept = {"Bucket": stack.env.object_store.buckets.releases, "Key": archive(theirs)}
    whole = stack.s3().get_object(**kept)["Body"].read()
    place = whole.index(b"package.json") + 512
    for broken in (whole[: len(whole) // 2], whole[:place] + b"#" + whole[place + 1 :], b""):
        stack.s3().put_object(**kept, Body=broken)
        with pytest.raises(PackagingFailed, match="release"):
            promotion.bring(theirs)
        assert not list(prod.here.runtime.folder.rglob("*.py"))
    stack.s3().put_object(**kept, Body=whole)
    promotion.bring(theirs)


def test_without_a_release_there_is_nothing_to_promote_and_the_sentence_says_what_to_do(
    promotion: Promotion,
) -> None:
    with pytest.raises(ReleaseNotFound, match="test serves no release of echo; name one with --release"):
        promotion.chosen("echo")
    with pytest.raises(ReleaseNotFound, match="no release of echo begins with 'x'"):
        promotion.chosen("echo", "x")
