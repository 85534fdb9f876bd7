"""The help of every command: sections, summary, example, exit codes; and no traceback for any input."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from microdock_server import create_app
from microdock_server.cli.help import EXITS

from .conftest import release
from .support import settings_for
from .test_cli import run
from .test_cli_database import ROOT, offered, on_console

OWN_OF_FLASK = {"routes", "run", "shell"}


def walk(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """The commands that can be run, with the words that name them."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name, found in command.commands.items():
        yield from walk(found, *path, name)


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, click.Command]]:
    """What `flask` offers of ours."""
    app = create_app(settings_for(tmp_path_factory.mktemp("help") / "data"))
    yield {name: found for name, found in offered(app).items() if name not in OWN_OF_FLASK}
    release(app)


def test_every_command_has_a_summary_an_example_and_exit_codes(groups: dict[str, click.Command]) -> None:
    commands = [found for name, group in groups.items() for found in walk(group, name)]
    assert len(commands) > 35
    for path, command in commands:
        shown = command.get_help(click.Context(command, info_name=f"flask {' '.join(path)}"))
        summary = command.get_short_help_str(90)
        assert summary.endswith((".", "?")) and not summary.endswith("..."), path
        (example,) = re.findall(r"Example:\n +(flask .+)\n", shown)
        words = shlex.split(example)
        assert tuple(words[1 : len(path) + 1]) == path, example
        # The example can be run as it is: click understands its options and arguments.
        context = click.Context(command, info_name=example)
        _, left, _ = command.make_parser(context).parse_args(words[len(path) + 1 :])
        assert not left, example
        for code, meaning in EXITS.items():
            assert re.search(rf"^ +{code}  {re.escape(meaning)}", shown, re.MULTILINE), path


def test_every_group_and_option_says_what_it_is(groups: dict[str, click.Command]) -> None:
    for name, group in groups.items():
        assert group.get_short_help_str(90).endswith("."), name
        for path, command in walk(group, name):
            if path[0] == "db" and path[1] != "copy":
                continue
            for option in command.params:
                assert not isinstance(option, click.Option) or option.help, (path, option.name)


@pytest.mark.parametrize("application", ["wsgi", "microdock_server:create_app"])
def test_flask_lists_commands_by_what_they_are_about(tmp_path: Path, application: str) -> None:
    done = on_console("--help", FLASK_APP=application, DATA_DIR=str(tmp_path / "data"), DATABASE_URL="")
    assert done.returncode == 0, done.stderr
    _, _, sections = done.stdout.partition("Accounts and decisions:")
    assert re.findall(r"^ {2}([A-Z][\w ]+):$", sections, re.MULTILINE) == ["Data", "Background work", "The API"]
    for name in ("users", "audit", "db", "storage", "backup", "jobs", "reviews", "search", "demo", "openapi"):
        assert len(re.findall(rf"^ +{name} +\w", done.stdout, re.MULTILINE)) == 1


# What people type by mistake, or what a script hands on: each is one line and 1, or usage and 2.
WRONG = [
    ("users", "create", "", "--password", "12345678"),
    ("users", "create", "a" * 10_000, "--password", "12345678"),
    ("users", "create", "nul\0", "--password", "12345678"),
    ("users", "create", "half\udcff", "--password", "12345678"),
    ("users", "create", "bob", "--password", "half\udcff12345678"),
    ("users", "create", "bob", "--email", "half\udcff@example.com", "--password", "12345678"),
    ("users", "create", "bob", "--role", "king", "--password", "12345678"),
    ("users", "set-role", "half\udcff", "admin"),
    ("users", "set-role", "nul\0", "admin"),
    ("users", "set-password", "half\udcff", "--password", "12345678"),
    ("users", "set-password", "admin", "--password", "\udcff" * 10),
    ("users", "disable", "half\udcff"),
    ("users", "enable", ""),
    ("users", "check-names", "extra"),
    ("users", "nothing"),
    ("jobs", "list", "--limit", "0"),
    ("jobs", "list", "--limit", "99999999999999999999"),
    ("jobs", "list", "--state", "lost"),
    ("jobs", "retry", "half\udcff"),
    ("jobs", "retry", "nul\0"),
    ("jobs", "work", "--grace", "nan"),
    ("jobs", "work", "--grace", "-1"),
    ("jobs", "work", "--grace", "soon"),
    ("reviews", "replay", "half\udcff"),
    ("reviews", "replay", ""),
    ("audit", "verify", "--nothing"),
    ("search", "rebuild", "extra"),
    ("storage", "migrate", "--to", "s3"),
    ("storage", "migrate", "--to", "nowhere"),
    ("demo", "fill", "extra"),
    ("openapi", "{missing}/deep/openapi.json"),
    ("openapi", "{directory}"),
    ("backup", "create", "--out", "{file}"),
    ("backup", "create", "--out", "{file}/below"),
    ("backup", "create", "--out", "{directory}", "--keep", "0"),
    ("backup", "create", "--out", "{directory}", "--base", "{file}"),
    ("backup", "create", "--out", "{directory}", "--recipient", "nonsense"),
    ("backup", "create", "--out", "{directory}", "--passphrase-file", "{binary}"),
    ("backup", "create", "--out", "{directory}", "--identity", "{binary}"),
    ("backup", "verify", "{missing}"),
    ("backup", "verify", "{directory}"),
    ("backup", "verify", "{file}"),
    ("backup", "verify", "{binary}"),
    ("backup", "verify", "{binary}", "--identity", "{binary}"),
    ("backup", "restore", "{file}", "--data-dir", "{file}"),
    ("backup", "restore", "{binary}", "--data-dir", "{missing}"),
    ("backup", "restore", "--data-dir", "{missing}"),
    ("backup", "restore", "--undo", "--data-dir", "{missing}"),
    ("backup", "restore", "{file}", "--undo", "--data-dir", "{missing}"),
    ("db", "copy", "--from", "nonsense"),
    ("db", "copy", "--from", "sqlite:///{missing}", "--to", "postgresql://u@127.0.0.1:1/none"),
    ("db", "copy", "--from", "sqlite:///{binary}", "--to", "sqlite:///{missing}"),
    ("db", "upgrade", "nonsense"),
    ("db", "downgrade", "nonsense"),
    ("db", "show", "nonsense"),
    ("db", "stamp", "nonsense"),
    ("db", "history", "--rev-range", "nonsense"),
    ("db", "merge", "nonsense"),
    ("db", "edit", "nonsense"),
]


@pytest.mark.sqlite
@pytest.mark.parametrize("words", WRONG, ids=lambda words: " ".join(words)[:60].encode("ascii", "replace").decode())
def test_what_is_wrong_is_said_without_a_trace(app: Flask, words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").write_text("no archive", encoding="utf-8")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00" * 1000)
    places = {name: str(tmp_path / name) for name in ("missing", "directory", "file", "binary")}
    done = run(app, *(word.format(**places) for word in words))
    assert done.exit_code in (1, 2), done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert "Traceback" not in done.output
    assert not (tmp_path / "missing").exists()


def test_the_tried_commands_are_all_there_are(groups: dict[str, click.Command]) -> None:
    """`list`, `gc` … take nothing that could be wrong; Flask-Migrate's for developers write files."""
    tried = {words[:2] for words in WRONG} | {("openapi",)}
    harmless = {("users", "list"), ("storage", "verify"), ("storage", "gc")}
    for name, group in groups.items():
        for path, _ in walk(group, name):
            assert path[:2] in tried | harmless or path[0] == "db" or path == ("openapi",), path


def test_errors_go_to_stderr_on_a_console(tmp_path: Path) -> None:
    data = {"FLASK_APP": "microdock_server:create_app", "DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": ""}
    done = on_console("openapi", str(tmp_path / "missing" / "openapi.json"), **data)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert ROOT.exists() and "Traceback" not in done.stderr
