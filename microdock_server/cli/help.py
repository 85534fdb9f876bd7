"""What `--help` shows: commands grouped by topic, an example and the exit codes of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import click
from flask import Flask
from flask.cli import FlaskGroup

Sections: TypeAlias = Sequence[tuple[str, Sequence[click.Command]]]

# The exit codes of every command; a command may explain them further.
EXITS: Final = {
    0: "success",
    1: "refused or failed; one line on stderr gives the reason",
    2: "wrong options or arguments",
}


def epilog(example: str, exits: Mapping[int, str] | None = None) -> str:
    """The end of a command's help: an example, and the meaning of its exit codes, also of those that it alone has."""
    own = dict(exits or {})
    meant = {code: f"{text}; {own.pop(code)}" if code in own else text for code, text in EXITS.items()} | own
    codes = [f"  {code}  {text}" for code, text in meant.items()]
    return _paragraphs(["Example:", f"  {example}"], ["Exit codes:", *codes])


def add_in_sections(app: Flask, sections: Sections) -> None:
    """Add commands to `flask`, whose help lists them in sections and not among Flask's own."""
    for _, commands in sections:
        for command in commands:
            command.hidden = True
            app.cli.add_command(command)
    context = click.get_current_context(silent=True)
    root = context.find_root().command if context is not None else None
    if isinstance(root, FlaskGroup):
        # Click loads applications while it writes the help, so only the epilog can still be set.
        root.epilog = overview(sections)


def overview(sections: Sections) -> str:
    """The sections, each command with its summary."""
    width = max(len(command.name or "") for _, commands in sections for command in commands)
    paragraphs = [
        [f"{title}:", *(f"  {command.name:<{width}}  {command.get_short_help_str(90)}" for command in commands)]
        for title, commands in sections
    ]
    return _paragraphs(
        *paragraphs,
        ["`flask GROUP --help` lists a group's commands; `flask GROUP COMMAND --help` has an example and exit codes."],
    )


def _paragraphs(*paragraphs: Sequence[str]) -> str:
    r"""Lines that click must not rewrap, which `\b` tells it."""
    return "\n\n".join("\n".join(("\b", *lines)) for lines in paragraphs)
