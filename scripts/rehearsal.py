"""The steps of a rehearsal: each does something to a played account, and sees what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from infra.rehearsal.account import Account
from infra.rehearsal.inventory import inventory
from scripts.bootstrap import state_bucket
from scripts.console import say, step
from scripts.dependents import refuse_used
from scripts.destroy import REPLACEABLE, ROOTS, refuse_protected
from scripts.drift import observe
from scripts.environment_map import FOLDER as MAPS
from scripts.environment_map import page
from scripts.errors import CommandError, Refused
from scripts.places import home
from scripts.program import aws_settings_of
from scripts.rehearsed_changes import UPGRADED, nat_in_each_zone, newer_module, one_node_more, unprotect
from scripts.stack import Stack
from scripts.surroundings import surroundings
from scripts.upgrade import losses, plan_on_copies

ADDRESS: Final = re.compile(
    r"^\s*(?:\+|~|-|-/\+) (?:create|update|delete|replace) (module\.\S+|\S+\.\S+)", re.M
)
# At the beginning of its line, or of the lasting words of a resource: what passes by is told twice.
PLANNED: Final = re.compile(r"^ +plan: (\d+) to add, (\d+) to change, (\d+) to destroy", re.M)
DRIFTING: Final = "jobs"
PLANTED: Final = "planted-and-never-to-be-seen"


class NotProven(CommandError):
    """A step of the rehearsal did not hold."""


@dataclass
class Rehearsal:
    """An environment on its way through life; ``proven`` holds a line for each step that held."""

    env: str
    account: Account
    write_map: bool = False
    proven: list[tuple[str, str]] = field(default_factory=list)
    _before: set[str] = field(default_factory=set)
    _told: list[str] = field(default_factory=list)

    @property
    def first_steps(self) -> list[Callable[[], None]]:
        """What can be seen before anything is made."""
        return [self.bootstrap, self.preview_of_nothing]

    @property
    def steps(self) -> list[Callable[[], None]]:
        """The whole life."""
        return [
            *self.first_steps,
            self.up,
            self.nothing_to_do,
            self.map,
            self.plant_secrets,
            self.second_clone,
            self.drift,
            self.change_of_size,
            self.upgrade_of_a_module,
            self.find_secrets,
            self.protection,
            self.dependents,
            self.destruction_but_for_data,
            self.destruction,
        ]

    def bootstrap(self) -> None:
        """The state's bucket and key; a second time changes nothing."""
        bucket = state_bucket(self.env)
        bucket.ensure(say)
        first = inventory(self.account)
        bucket.ensure(say)
        _hold(inventory(self.account) == first, "a second bootstrap made something")
        self._before = first
        self._prove("bootstrap", f"bucket {bucket.name} and its key, made once")

    def preview_of_nothing(self) -> None:
        """Every address of every root module, before there is anything."""
        with self._step("preview of the empty account"):
            told = self._preview()
        counts = [int(found[0]) for found in PLANNED.findall(told)]
        addresses = set(ADDRESS.findall(told))
        _hold(len(counts) == len(ROOTS), f"{len(counts)} of {len(ROOTS)} root modules were planned")
        _hold(len(addresses) > len(ROOTS), "no address is named")
        _hold(inventory(self.account) == self._before, "the preview made something")
        self._prove("preview of the empty account", f"{sum(counts)} resources in {len(counts)} root modules")

    def up(self) -> None:
        """Everything is made."""
        if aws_settings_of(self.env).approval:
            _refused(lambda: self._stack.up(), "an unapproved up")
        with self._step("up"):
            self._up(approved=True)
        made = inventory(self.account) - self._before
        self._prove("up", f"{len(made)} things in the account")

    def nothing_to_do(self) -> None:
        """A second up has nothing to do."""
        with self._step("up again"):
            told = self._up("--expect-no-changes", approved=True)
        _hold(not PLANNED.search(told), "a second up plans a change")
        self._prove("up again", "no change")

    def map(self) -> None:
        """The page that shows the environment is what its stack would draw."""
        drawn, file = page(self.env, self._stack.resources()), MAPS / f"{self.env}.md"
        if self.write_map:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(drawn)
        current = file.exists() and file.read_text() == drawn
        _hold(
            current,
            f"docs/maps/{file.name} is not current: `millrace rehearse {self.env} --write-map` draws it",
        )
        self._prove("map", f"docs/maps/{file.name} is what the stack draws")

    def second_clone(self) -> None:
        """Someone with nothing but credentials sees the same."""
        second = {"MILLRACE_HOME": str(home() / "second")}
        with surroundings(second), self._step("preview from a second clone"):
            self._preview("--expect-no-changes")
        self._prove("a second clone", "the same state, no change")

    def plant_secrets(self) -> None:
        """Each secret of the environment gets a value, as an operator would give it one."""
        client = self.account.client("secretsmanager")
        names = [one["Name"] for one in client.list_secrets()["SecretList"]]
        _hold(bool(names), "the environment has no secret")
        for name in names:
            client.put_secret_value(SecretId=name, SecretString=PLANTED)

    def find_secrets(self) -> None:
        """No value of a secret is in a state, in a file of this machine or in what was told."""
        places = {where: PLANTED.encode() in content for where, content in self._written()}
        found = [where for where, holds in places.items() if holds]
        _hold(not any(PLANTED in told for told in self._told), "the value of a secret was told")
        _hold(not found, f"the value of a secret is in {', '.join(found)}")
        self._prove("secrets", f"no value of one in {len(places)} files and objects, nor in what was told")

    def drift(self) -> None:
        """What is changed behind Pulumi's back is found, and mended by up."""
        group = self._log_group()
        days = group["retentionInDays"]
        logs = self.account.client("logs")
        logs.put_retention_policy(logGroupName=group["logGroupName"], retentionInDays=1)
        with self._step("drift"):
            found = observe(self.env)
        _hold(list(found) == ["observability"], f"drift was found in {', '.join(found) or 'nothing'}")
        with self._step("up mends it"):
            self._up(approved=True)
        _hold(self._log_group()["retentionInDays"] == days, "up did not mend the drift")
        self._prove("drift", f"{', '.join(found['observability'])}: found, and mended")

    def change_of_size(self) -> None:
        """A node more is planned in place, as the played account cannot tell of its end; NAT really grows.

        That nothing else is planned shows that what came before left no difference, here and in what follows.
        """
        before = aws_settings_of(self.env).file.read_text()
        name = self._change_settings(one_node_more)
        with self._step("a node more"):
            changed = set(ADDRESS.findall(self._preview()))
        wanted = {f'module.cluster.aws_eks_node_group.this["{name}"]'}
        _hold(changed == wanted, f"a node more would change {', '.join(changed) or 'nothing'}")
        aws_settings_of(self.env).file.write_text(before)
        seen = f"node group {name} would grow in place"
        if aws_settings_of(self.env).network.nat == "single":
            self._change_settings(nat_in_each_zone)
            with self._step("NAT in each zone"):
                lost = list(losses(self._up(approved=True)))
                _hold(not lost, f"it would {', '.join(lost)}")
            seen += "; NAT grew from one to three, and nothing was replaced"
        self._prove("a change of size", seen)

    def upgrade_of_a_module(self) -> None:
        """A newer revision of one module changes what is its own, and going back takes that away again."""
        wanted = f"module.{UPGRADED}.terraform_data.upgrade"
        with newer_module(home() / "upgraded"), self._step(f"an upgrade of the module {UPGRADED}"):
            lost = plan_on_copies(self.env)
            _hold(not lost, f"on copies of the states it would {', '.join(lost)}")
            told = self._up(approved=True)
            _hold(set(ADDRESS.findall(told)) == {wanted}, f"it changed {ADDRESS.findall(told)}")
            _hold(not list(losses(told)), "it deleted or replaced something")
        with self._step("back to the module as it was"):
            told = self._up(approved=True)
        taken = [each.split()[:2] for each in losses(told)]
        _hold(taken == [["delete", wanted]], f"going back would {', '.join(losses(told))}")
        seen = f"{UPGRADED} gained {wanted}, as a plan on copies of the states had said, and lost it again"
        self._prove("an upgrade of one module", seen)

    def protection(self) -> None:
        """A protected environment is not destroyed until its settings say so."""
        if not aws_settings_of(self.env).protect:
            return
        _refused(lambda: refuse_protected(aws_settings_of(self.env)), "the destruction of what is protected")
        _refused(self._stack.destroy, "the destruction of what Pulumi protects")
        self._change_settings(unprotect)
        with self._step("unprotect"):
            self._up(approved=True)
        self._prove("protection", "destroy was refused, and allowed after `protect: false` was provisioned")

    def dependents(self) -> None:
        """Nothing is destroyed while another's machine runs in its network."""
        if aws_settings_of(self.env).network.existing:
            return
        ec2 = self.account.client("ec2")
        subnets = ec2.describe_subnets(Filters=[{"Name": "tag:Environment", "Values": [self.env]}])["Subnets"]
        (other,) = ec2.run_instances(MinCount=1, MaxCount=1, SubnetId=subnets[0]["SubnetId"])["Instances"]
        settings = aws_settings_of(self.env)
        _refused(lambda: refuse_used(settings, ROOTS), "the destruction of what another uses")
        ec2.terminate_instances(InstanceIds=[other["InstanceId"]])
        refuse_used(settings, ROOTS)
        self._prove("dependents", "destroy was refused while an instance of another ran in the network")

    def destruction_but_for_data(self) -> None:
        """What holds no data goes, and what holds some does not."""
        with self._step("destroy, keeping data"):
            self._stack.destroy_only(REPLACEABLE)
        kept = inventory(self.account) - self._before
        buckets = {f"Buckets {name}" for name in aws_settings_of(self.env).bucket_names.values()}
        _hold(buckets <= kept, f"destroy took {', '.join(sorted(buckets - kept))}")
        _hold(not any(each.startswith("Clusters ") for each in kept), "destroy left the cluster")
        self._prove("destroy, keeping data", f"no cluster, and {len(kept)} things kept, data among them")

    def destruction(self) -> None:
        """Nothing is left but the state's bucket and key."""
        with self._step("destroy"):
            self._stack.destroy()
        orphans = inventory(self.account) - self._before
        _hold(not orphans, f"destroy left {', '.join(sorted(orphans))}")
        self._prove("destroy", "nothing is left but the state's bucket and key")

    def _preview(self, *flags: str) -> str:
        self._told.append(self._stack.preview(*flags))
        return self._told[-1]

    def _up(self, *flags: str, approved: bool) -> str:
        self._told.append(self._stack.up(*flags, approved=approved))
        return self._told[-1]

    @property
    def _stack(self) -> Stack:
        return Stack(self.env)

    def _written(self) -> Iterator[tuple[str, bytes]]:
        """Yield all that the command and its tools wrote: files of this machine, objects of the state."""
        skipped = home() / "tools"
        for file in home().rglob("*"):
            if file.is_file() and not file.is_symlink() and skipped not in file.parents:
                yield str(file), file.read_bytes()
        s3, bucket = self.account.client("s3"), state_bucket(self.env).name
        for each in s3.list_objects_v2(Bucket=bucket)["Contents"]:
            yield each["Key"], s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()

    def _log_group(self) -> dict[str, Any]:
        name = f"/millrace/millrace-{self.env}/{DRIFTING}"
        found = self.account.client("logs").describe_log_groups(logGroupNamePrefix=name)
        group: dict[str, Any] = found["logGroups"][0]
        return group

    def _change_settings(self, change: Callable[[dict[str, Any]], str]) -> str:
        file = aws_settings_of(self.env).file
        values = yaml.safe_load(file.read_text())
        what = change(values)
        file.write_text(yaml.safe_dump(values))
        return what

    @contextmanager
    def _step(self, title: str) -> Iterator[None]:
        with step(f"{self.env}: {title}"):
            yield

    def _prove(self, what: str, seen: str) -> None:
        say(f"   proven: {what}: {seen}")
        self.proven.append((what, seen))


def _hold(held: bool, otherwise: str) -> None:
    if not held:
        raise NotProven(f"the rehearsal ends here: {otherwise}; its log and state are kept")


def _refused(attempt: Callable[[], object], what: str) -> None:
    from infra.wrappers.errors import ToolFailed

    try:
        attempt()
    except (Refused, ToolFailed):
        return
    raise NotProven(f"the rehearsal ends here: {what} was not refused")
