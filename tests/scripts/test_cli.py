"""The command answers a mistake with one sentence, the remedy, and the right exit code."""

import json

import pytest

PROMOTE = ("promote", "recommender", "--from")


def one_sentence(finished):
    assert "Traceback" not in finished.stderr
    assert len(finished.stderr.strip().splitlines()) == 1, finished.stderr
    return finished.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        *(("status",), ("logs",), ("down",), ("environment", "show")),
        *(("releases", "recommender"), ("rollout", "recommender"), ("diff", "a-v1", "a-v2"), ("drill",)),
    ],
)
def test_without_an_environment_a_command_names_how_to_make_one(millrace, arguments):
    finished = millrace(*arguments)
    assert finished.returncode == 4
    assert "run `make up`" in one_sentence(finished)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema_number": 99}', '{"schema_number": 1}'])
def test_a_damaged_document_is_named_with_its_remedy(millrace, tmp_path, content):
    document = tmp_path / "home" / "local" / "environment.json"
    document.parent.mkdir(parents=True)
    document.write_text(content)
    finished = millrace("status")
    assert finished.returncode == 4
    assert str(document) in one_sentence(finished)
    assert "millrace" in finished.stderr.split(";")[-1]


@pytest.mark.parametrize("since", ["", "yesterday", "10", "-5m", "10 m", "9999999999m"])
def test_a_wrong_duration_is_told_how_to_write_one(millrace, since):
    finished = millrace("logs", "--since", since)
    assert finished.returncode == 2
    assert "such as 10m" in one_sentence(finished)


@pytest.mark.parametrize("arguments", [("--wrong",), ("nothing",), ("release",), ("status", "x", "y")])
def test_wrong_usage_ends_with_2(millrace, arguments):
    finished = millrace(*arguments)
    assert finished.returncode == 2
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("command", ["provision", "preview", "refresh"])
def test_an_environment_without_settings_is_refused_with_those_there_are(millrace, command):
    finished = millrace(command, "nowhere")
    assert finished.returncode == 2
    assert "local" in one_sentence(finished)


@pytest.mark.parametrize("answer", ["", "yes\n", "LOCAL\n"])
def test_destroy_removes_nothing_unless_the_name_is_typed(millrace, answer):
    finished = millrace("destroy", "local", stdin=answer)
    assert finished.returncode == 1
    assert "nothing was removed" in one_sentence(finished)


def test_the_tools_are_listed_as_json(millrace):
    listed = json.loads(millrace("tools", "--json").stdout)
    assert {"pulumi", "terraform", "prometheus"} <= {tool["name"] for tool in listed}


def test_the_shell_exports_put_the_tools_first(millrace):
    exports = millrace("shell").stdout
    assert "export PULUMI_BACKEND_URL=" in exports
    assert "export PATH=" in exports


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("destroy", "prod", "--yes"), 1, ["prod is protected", "protect: false", "nothing was removed"]),
        (("expire", "prod"), 2, ["prod has no ttl_hours", "pulumi/environments/prod.yaml"]),
        (("expire", "local"), 2, ["local is not in AWS"]),
        (("rehearse", "local"), 2, ["local is not in AWS"]),
        (("map", "local"), 4, ["local was never made", "millrace provision local"]),
        (("drift", "local"), 4, ["local was never made", "millrace provision local"]),
        ((*PROMOTE, "local", "--to", "local"), 2, ["both name local", "name another environment"]),
        ((*PROMOTE, "nowhere", "--to", "local"), 2, ["nowhere", "local"]),
        ((*PROMOTE, "local", "--to", "dev"), 4, ["run `make up`"]),
        (("promote", "nothing", "--from", "local", "--to", "dev"), 2, ["nothing", "recommender"]),
    ],
)
def test_what_an_environment_cannot_do_is_said_with_the_remedy(millrace, arguments, code, words):
    finished = millrace(*arguments)
    assert finished.returncode == code
    for word in words:
        assert word in one_sentence(finished)
