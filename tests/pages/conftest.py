"""The marketplace that tests of pages look at: made once a process, and copied for whoever changes it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from microdock_server import create_app

from ..conftest import AppFactory, making, release
from ..market import People
from ..peers import postgresql
from ..support import settings_for
from .market import Facts, fill
from .reading import Answer, crawl


@dataclass(frozen=True)
class Market:
    """A server with the marketplace, whoever may ask it, and ids that tests need."""

    app: Flask
    who: People
    facts: Facts


@pytest.fixture(scope="session")
def filled(peopled: tuple[Path, People], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Facts]:
    """A data directory with the marketplace."""
    directory = tmp_path_factory.mktemp("gallery") / "data"
    shutil.copytree(peopled[0], directory)
    app = create_app(settings_for(directory))
    facts = fill(app, peopled[1].on(app))
    release(app)
    postgresql.changes_no_more(directory)
    return directory, facts


@pytest.fixture(scope="module")
def market(filled: tuple[Path, Facts], peopled: tuple[Path, People], make_shared_app: AppFactory) -> Market:
    """One that tests of a module share, and only look at."""
    app = make_shared_app(filled[0])
    return Market(app, peopled[1].on(app), filled[1])


@pytest.fixture
def own_market(filled: tuple[Path, Facts], peopled: tuple[Path, People], make_app: AppFactory) -> Market:
    """One that a test may change."""
    app = make_app(filled[0])
    return Market(app, peopled[1].on(app), filled[1])


@pytest.fixture(scope="session")
def walked(
    filled: tuple[Path, Facts], prepared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Answer]:
    """Everything that can be reached from the home page, in both languages: links of pages keep one that was chosen.

    The help has a page for each of two hundred rules, all made by one template, as those of plugins are.
    """
    with making(prepared_data, tmp_path_factory.mktemp("walked")) as make:
        starts = ("/", "/?lang=zh", "/?lang=en")
        return crawl(make(filled[0]), starts, lambda address: not is_one_of_many(address))


def is_one_of_many(address: str) -> bool:
    """Is it a page like many others, and none of the few that stand for all?"""
    path = urlsplit(address).path
    _, is_rule, rule = path.partition("/help/rules/")
    _, is_more, more = path.partition("/com.example.more")
    return bool((is_rule and not rule.startswith(("encrypted", "uses_n"))) or (is_more and not more.startswith("00")))
