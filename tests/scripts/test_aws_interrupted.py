"""An environment in AWS comes up and goes down, struck again and again at random points of a seed."""

import json
import os
import random
import signal
import subprocess

import pytest

from infra.rehearsal.account import account
from infra.rehearsal.inventory import inventory
from tests.environments import TOOLS
from tests.processes import COMMAND, Processes
from tests.waiting import eventually

pytestmark = [pytest.mark.long, pytest.mark.timeout(5400)]

PROVIDER = "terraform-provider-aws"
TARGETS = ("pulumi", "terraform apply", PROVIDER, "group")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


@pytest.fixture
def played(tmp_path):
    """An account with the bucket of dev's state, and what makes the command speak to it."""
    with account(tmp_path / "account") as own:
        environ = os.environ | own.environment | {
            "MILLRACE_HOME": str(tmp_path / "home"), "MILLRACE_REHEARSAL": "1", "MILLRACE_TOOLS": TOOLS,
        }  # fmt: skip
        subprocess.run([COMMAND, "bootstrap", "dev"], env=environ, check=True)
        yield own, environ, tmp_path / "home"


def test_twenty_strikes_on_up_and_destroy_lose_nothing_and_leave_nothing(played):
    own, environ, home = played
    before, chance = inventory(own), random.Random(20)
    up = [strike(environ, home, ["provision", "dev", "--yes"], number, chance) for number in range(12)]
    assert sum(up) >= 8, "most strikes met nothing at work"
    finish(environ, "provision", "dev", "--yes")
    finish(environ, "drift", "dev")
    down = ["destroy", "dev", "--yes", "--with-data"]
    # A destruction is soon done: of eight strikes the first few meet one.
    assert sum(strike(environ, home, down, number, chance) for number in range(12, 20)) >= 2
    finish(environ, *down)
    remove_what_has_no_name(own, environ)
    assert inventory(own) == before


# A database's own backups outlive it on purpose, for as many days as they are kept.
AUTOMATED_BACKUP = ":snapshot:rds:"
# What a killed run may have been making that nothing but an id names, in the order in which it can go.
UNNAMED = {
    "natgateway": ("ec2", "delete_nat_gateway", "NatGatewayId"),
    "subnet": ("ec2", "delete_subnet", "SubnetId"),
    "route-table": ("ec2", "delete_route_table", "RouteTableId"),
    "security-group": ("ec2", "delete_security_group", "GroupId"),
    "internet-gateway": ("ec2", "delete_internet_gateway", "InternetGatewayId"),
    "vpc": ("ec2", "delete_vpc", "VpcId"),
    "key": ("kms", "schedule_key_deletion", "KeyId"),
}


def remove_what_has_no_name(own, environ):
    """Remove what `leftovers` tells: a killed run may leave what only an id names, which it took with it."""
    told = subprocess.run(
        [COMMAND, "leftovers", "dev", "--json"], env=environ, capture_output=True, text=True, check=False
    )
    arns = [
        each["arn"] for each in json.loads(told.stdout)["leftovers"] if AUTOMATED_BACKUP not in each["arn"]
    ]
    left = [(kind, identity) for kind, _, identity in (arn.rpartition(":")[2].partition("/") for arn in arns)]
    assert {kind for kind, _ in left} <= UNNAMED.keys(), arns
    for kind, identity in sorted(left, key=lambda each: list(UNNAMED).index(each[0])):
        service, method, name = UNNAMED[kind]
        getattr(own.client(service), method)(**{name: identity})
    # An account tells addresses by their tags too; the played one does not.
    for address in own.client("ec2").describe_addresses()["Addresses"]:
        own.client("ec2").release_address(AllocationId=address["AllocationId"])


def finish(environ, *arguments):
    """Run a command to its good end."""
    done = subprocess.run(
        [COMMAND, *arguments], env=environ, capture_output=True, text=True, timeout=2400, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


def strike(environ, home, arguments, number, chance):
    """Run a command, strike it while Terraform is at work, and return whether it was; nothing outlives it."""
    target, point = chance.choice(TARGETS), chance.randrange(2, 30)
    # A provider is not ended by other signals: Terraform asks it to stop.
    how = signal.SIGKILL if target == PROVIDER else chance.choice(SIGNALS)
    log, processes = home.parent / f"strike-{number}.log", Processes(home)
    with log.open("wb") as out:
        run = subprocess.Popen(
            [COMMAND, *arguments], env=environ, stdout=out, stderr=out, start_new_session=True
        )

    def at_work():
        # An apply that has only begun has no provider yet.
        wanted = {"terraform apply", target} - {"group"}
        return log.read_bytes().count(b"\n") >= point and all(map(processes.matching, wanted))

    eventually(lambda: run.poll() is not None or at_work(), f"line {point} of {log}", 1200)
    hit = run.poll() is None
    if hit and target == "group":
        os.killpg(run.pid, how)
    elif hit:
        for process in processes.matching(target):
            process.send_signal(how)
    # Other roots of the environment may be at work, and end theirs.
    eventually(lambda: run.poll() is not None, f"it ends after {how.name} to {target}; see {log}", 1200)
    eventually(
        lambda: not [one for word in ("terraform", "pulumi-resource") for one in processes.matching(word)],
        f"no writer outlives {how.name} to {target}; see {log}",
    )
    # The next run would stop at a lock that this one left, and name this command.
    finish(environ, "unlock", "dev", "--yes")
    return hit
