"""Root modules that stand on one another are planned side by side when nothing is known to have changed."""

import json
import shutil

import pytest

pytestmark = pytest.mark.slow

FIRST = """
variable "word" {
  type = string
}

resource "terraform_data" "this" {
  input = var.word
}

output "word" {
  value = terraform_data.this.output
}
"""
SECOND = (
    FIRST
    + """
resource "terraform_data" "more" {
  input = "more"
}
"""
)
PROGRAM = """
binary = os.environ["BINARY"]
word = os.environ["WORD"]
first = TerraformRoot("first", root=os.environ["FIRST"], variables={"word": word}, binary=binary)
second = TerraformRoot(
    "second", root=os.environ["SECOND"], variables={"word": first.output("word")}, binary=binary
)
pulumi.export("word", second.output("word"))
"""
# Terraform; once it is told to, a plan of the first waits until one of the second has begun.
BINARY = """#!/bin/sh
case "$PWD $1" in
  */first/*plan)
    if test -e {folder}/meet; then
      tries=0
      until test -e {folder}/met; do
        tries=$((tries + 1))
        test $tries -lt 1200 || exit 9
        sleep 0.05
      done
    fi ;;
  */second/*plan) echo >> {folder}/plans; if test -e {folder}/meet; then touch {folder}/met; fi ;;
esac
exec {terraform} "$@"
"""


@pytest.fixture
def two(program):
    """Two roots that are up, the second made with an output of the first."""
    binary = program.folder / "terraform-that-meets"
    terraform = shutil.which("terraform", path=program.environment["PATH"])
    binary.write_text(BINARY.format(folder=program.folder, terraform=terraform))
    binary.chmod(0o700)
    program.environment |= {
        "BINARY": str(binary),
        "WORD": "one",
        "FIRST": str(program.root("first", main=FIRST)),
        "SECOND": str(program.root("second", main=SECOND)),
    }
    program.write(PROGRAM).up().well()
    (program.folder / "plans").unlink()
    return program


def plans(two):
    """Return how often the second root was planned since it is up."""
    file = two.folder / "plans"
    return len(file.read_text().splitlines()) if file.exists() else 0


def test_without_a_change_both_are_planned_at_once_and_once(two):
    (two.folder / "meet").touch()
    two.preview("--expect-no-changes").well()
    assert plans(two) == 1


def test_what_differs_behind_is_planned_once_told_and_mended(two):
    two.root("second", main=SECOND.replace('"more"\n}', '"much more"\n}'))
    assert two.up().well().says("plan: 0 to add, 1 to change, 0 to destroy", "~ update terraform_data.more")
    assert plans(two) == 1
    two.preview("--expect-no-changes").well()


def test_what_the_first_now_gives_is_what_the_second_is_planned_with(two):
    two.environment["WORD"] = "two"
    two.up().well()
    assert two.output("word") == "two"
    assert plans(two) == 1, "what stood on a change was planned in vain"
    two.preview("--expect-no-changes").well()


def test_what_is_noted_is_private_and_goes_with_the_resource(two):
    noted = two.terraform_folder("second") / "asked.json"
    assert json.loads(noted.read_text())["inputs"]["variables"] == {"word": "one"}
    assert noted.stat().st_mode & 0o077 == 0
    two.destroy().well()
    assert not noted.exists()


def test_secrets_are_never_noted(two):
    secret = PROGRAM.replace('first.output("word")', 'pulumi.Output.secret("open sesame")')
    two.write(secret.partition("pulumi.export")[0]).up().well()
    assert not (two.terraform_folder("second") / "asked.json").exists()
    kept = [file for file in two.home.rglob("*") if file.is_file() and b"open sesame" in file.read_bytes()]
    assert [file.name for file in kept] == ["terraform.tfstate"]
