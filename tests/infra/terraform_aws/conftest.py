"""The modules' own tests, run in a copy of the tree, as many at once as there are cores."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from infra.rehearsal.account import Account, account
from infra.toolchain.install import Toolchain
from infra.toolchain.terraform_rc import own_configuration, render
from infra.wrappers.terraform import COLLECT_LATE

from .account import REGION, STATE
from .shared_provider import shared_provider

TERRAFORM = Path(__file__).resolve().parents[3] / "infra" / "terraform"
# The object store serves every environment, so its module is tested with the local one.
MODULES = sorted({path.parent.name for path in TERRAFORM.glob("modules/*/tests")} - {"object_store"})
ROOTS = ("foundation", "data", "cluster", "observability")


@dataclass(frozen=True)
class Ran:
    """What one program said, and whether it ended well."""

    succeeded: bool
    output: str

    @property
    def problem(self) -> str:
        """Its errors, without the plan before them."""
        return self.output[max(self.output.find("\nError"), 0) :][-6000:]


@dataclass(frozen=True)
class Workbench:
    """A copy of the Terraform tree, in which nothing that Terraform writes hurts."""

    tree: Path
    environment: dict[str, str]
    key: str = "dev"

    def root(self, name: str, account: Account) -> Root:
        """A root module that speaks to an account, its state in a bucket there."""
        environment = self.environment | account.environment
        return Root(name, replace(self, environment=environment), account)

    def data(self, folder: str) -> Path:
        """Return the data folder of one folder of the copy."""
        return self.tree / "data" / f"{self.key}_{folder.replace('/', '_')}"

    def terraform(self, folder: str, *arguments: str, timeout_s: float = 600) -> Ran:
        """Run Terraform in one folder of the copy, with a data folder of its own."""
        colourless = ("-no-color",) if arguments[0] in ("init", "plan", "apply", "destroy", "test") else ()
        finished = subprocess.run(
            [
                shutil.which("terraform", path=self.environment["PATH"]) or "terraform",
                *arguments,
                *colourless,
            ],
            cwd=self.tree / folder,
            env=self.environment | {"TF_DATA_DIR": str(self.data(folder))},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
        )
        return Ran(finished.returncode == 0, finished.stdout)


@dataclass(frozen=True)
class Root:
    """One root module of a rehearsed environment."""

    name: str
    bench: Workbench
    account: Account

    def plan(self, variables: dict[str, Any], *flags: str) -> dict[str, Any]:
        """Plan, and return the plan as Terraform shows it."""
        self._initialise()
        file = self._write(variables)
        self._run("plan", f"-var-file={file}", f"-out={file}.plan", *flags)
        return json.loads(self._run("show", "-json", f"{file}.plan").splitlines()[-1])

    def apply(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Apply, and return the outputs."""
        self._initialise()
        self._run("apply", "-auto-approve", f"-var-file={self._write(variables)}")
        shown = json.loads(self._run("output", "-json"))
        return {name: output["value"] for name, output in shown.items()}

    def destroy(self, variables: dict[str, Any]) -> None:
        """Destroy everything."""
        self._initialise()
        self._run("destroy", "-auto-approve", f"-var-file={self._write(variables)}")

    def state(self) -> str:
        """Return the state as it lies in the bucket."""
        return self._run("state", "pull")

    def refused(self, variables: dict[str, Any]) -> str:
        """Plan what must not be planned, and return why it is not."""
        self._initialise()
        ran = self._terraform("plan", f"-var-file={self._write(variables)}")
        assert not ran.succeeded, "Terraform planned it"
        return ran.output

    def _initialise(self) -> None:
        bucket = STATE
        self.account.client("s3").create_bucket(Bucket=bucket)
        key = f"{self.bench.key}/{self.name}.tfstate"
        settings = {
            "bucket": bucket,
            "key": key,
            "region": REGION,
            "use_lockfile": "true",
            "use_path_style": "true",
        }
        self._run(
            "init", "-reconfigure", *(f"-backend-config={name}={value}" for name, value in settings.items())
        )

    def _write(self, variables: dict[str, Any]) -> Path:
        file = self.bench.tree / f"{self.bench.key}-{self.name}.tfvars.json"
        file.write_text(json.dumps(variables))
        return file

    def _run(self, *arguments: str) -> str:
        ran = self._terraform(*arguments)
        assert ran.succeeded, ran.problem
        return ran.output

    def _terraform(self, subcommand: str, *arguments: str) -> Ran:
        quiet = () if subcommand in ("show", "state", "output") else ("-input=false",)
        return self.bench.terraform(f"roots/{self.name}", subcommand, *quiet, *arguments, timeout_s=1500)


@pytest.fixture(scope="session")
def moto(tmp_path_factory):
    """An empty account."""
    with account(tmp_path_factory.mktemp("account")) as empty:
        yield empty


@pytest.fixture(scope="session")
def workbench(tmp_path_factory):
    """A copy of modules and roots, and the environment Terraform runs with."""
    tree = tmp_path_factory.mktemp("terraform")
    ignored = shutil.ignore_patterns(".terraform", "*.tfstate*")
    shutil.copytree(TERRAFORM, tree, dirs_exist_ok=True, ignore=ignored)
    return Workbench(tree, terraform_environment(tree / "terraform.rc"))


def terraform_environment(configuration: Path) -> dict[str, str]:
    """The environment of a Terraform that asks nobody; providers come from this machine's mirror."""
    configuration.write_text(render(os.environ))
    own = own_configuration(os.environ, configuration)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}
    return kept | {
        "PATH": f"{Toolchain.here().bin}{os.pathsep}{os.environ['PATH']}",
        "TF_CLI_CONFIG_FILE": str(own or configuration),
        "CHECKPOINT_DISABLE": "1",
        **COLLECT_LATE,
    }


@pytest.fixture(scope="session")
def tested(request, workbench):
    """What `terraform test` said of each module that this session asks for."""
    items = [item for item in request.session.items if "tested" in item.fixturenames]
    asked = {item.callspec.params["module"] for item in items}
    alone = workbench.environment
    with shared_provider(_provider(workbench), alone) as attached, ThreadPoolExecutor(os.cpu_count()) as pool:
        ours = replace(workbench, environment=alone | attached)
        return dict(zip(asked, pool.map(lambda module: _test(ours, module), asked), strict=True))


def _provider(workbench: Workbench) -> Path:
    """Return AWS's provider as a module's `init` finds it."""
    installing = replace(workbench, key="provider")
    initialised = installing.terraform("modules/keys", "init", "-backend=false", "-input=false")
    assert initialised.succeeded, initialised.problem
    return next(
        installing.data("modules/keys").glob("providers/*/hashicorp/aws/*/*/terraform-provider-aws_*")
    )


def _test(workbench: Workbench, module: str) -> Ran:
    folder = f"modules/{module}"
    initialised = workbench.terraform(folder, "init", "-backend=false", "-input=false")
    return workbench.terraform(folder, "test") if initialised.succeeded else initialised
