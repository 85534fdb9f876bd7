"""The documents are complete: every setting and every route is in them."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path
from typing import ClassVar

import pytest
from environs import Env
from flask import Flask

from microdock_server.api.system.limit_table import table
from microdock_server.config import reference, settings
from microdock_server.config.declarations import DECLARED
from microdock_server.config.reader import Reader
from microdock_server.services.configuration import Config

from .live import Server
from .support import package, settings_for

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")

EXAMPLES = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", EXAMPLE, re.MULTILINE))


def settings_read() -> dict[str, object]:
    """Variables that are declared, with their defaults."""
    return {name: setting.default for name, setting in DECLARED.items()}


def test_what_is_declared_is_what_is_read() -> None:
    """A reading that is not declared fails by itself; a declaration that nobody reads has to fail here."""

    class Watched(Reader):
        read: ClassVar[set[str]] = set()

        def text(self, name: str) -> str:
            self.read.add(name)
            return super().text(name)

        def number(self, name: str) -> int:
            self.read.add(name)
            return super().number(name)

        def switch(self, name: str) -> bool:
            self.read.add(name)
            return super().switch(name)

    settings.read_settings(Watched(Env()))
    assert Watched.read == settings_read().keys()


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_a_declaration_is_a_sentence_and_its_default_is_allowed(name: str) -> None:
    setting = DECLARED[name]
    assert setting.meaning.endswith(".") and len(setting.meaning) > 10
    if isinstance(setting.default, int) and not isinstance(setting.default, bool):
        assert setting.low <= setting.default <= setting.high
    assert not setting.choices or setting.default in setting.choices


def test_the_settings_document_is_what_is_generated() -> None:
    assert (ROOT / "docs/settings.md").read_text(encoding="utf-8") == reference.markdown(), "run scripts/settings"


def test_the_example_is_what_is_generated() -> None:
    assert EXAMPLE.startswith(f"{reference.example()}# --- nginx and containers: "), "run scripts/settings"
    assert EXAMPLES.keys() == settings_read().keys()
    assert {name: str(default).lower() for name, default in settings_read().items()} == {
        name: value.lower() for name, value in EXAMPLES.items()
    }


def test_the_readme_shows_six_settings_as_they_are() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", README, re.MULTILINE)
    assert len(rows) == 6
    for name, shown, meaning in rows:
        default = str(DECLARED[name].default)
        assert meaning and shown == (
            f"`{default.lower() if default in ('True', 'False') else default}`" if default else "–"
        )


def test_every_route_is_in_the_documents(app: Flask) -> None:
    documents = (ROOT / "docs/api.md").read_text(encoding="utf-8") + (ROOT / "docs/operations.md").read_text("utf-8")
    routes = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    # What stands at /api/v1 stands at /v1 as well: the documents say so once.
    routes = {f"/api{route}" if route.startswith("/v1/") else route for route in routes}
    missing = {route for route in routes if not route.startswith("/docs/") and f"{route}`" not in documents}
    assert not missing


def test_every_limit_stands_in_the_table_as_it_is(tmp_path: Path) -> None:
    section = (ROOT / "docs/api.md").read_text("utf-8").partition("\n## Limits\n")[2].partition("\n## ")[0]
    written = [line.rpartition(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    defaults = settings_for(tmp_path)
    assert written == [
        f"| `{limit.name}` | {limit.per} | {limit.amount} {limit.unit}"
        f"{f' in {limit.seconds} s' if limit.seconds else ''} | {limit.status or '-'}"
        for limit in table(defaults, Config())
    ]


def anchors(path: Path) -> set[str]:
    """What `#…` may name in a document: its headlines, as GitHub spells them."""
    lines = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headlines = re.findall(r"^#+ (.+)$", lines, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", headline.lower()).replace(" ", "-") for headline in headlines}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", path.read_text(encoding="utf-8")):
        there = path.parent / target if target else path
        assert there.exists(), target
        assert not anchor or there.suffix != ".md" or anchor in anchors(there), f"{target}#{anchor}"


@pytest.mark.live
def test_the_example_resumes_a_download(server: Server, tmp_path: Path) -> None:
    section = (ROOT / "docs/api.md").read_text(encoding="utf-8").partition("### Resuming a download")[2]
    script = section.partition("```bash\n")[2].partition("```")[0]
    content = package()
    assert server.client.upload(content).status_code == 200
    (tmp_path / "plugin.zip").write_bytes(content[:50])
    script = script.replace("https://plugins.example.com", server.base)
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "plugin.zip").read_bytes() == content
    # Begun with another file, it is not continued with this one.
    other = script.replace("If-Match: $etag", 'If-Match: \\"another\\"')
    (tmp_path / "plugin.zip").write_bytes(content[:50])
    assert subprocess.run(["bash", "-e", "-c", other], cwd=tmp_path, check=False, timeout=60).returncode == 22
    assert (tmp_path / "plugin.zip").read_bytes() == content[:50]


def test_every_decision_is_listed_and_has_its_four_parts() -> None:
    directory = ROOT / "docs/decisions"
    pages = sorted(path.name for path in directory.glob("0*.md"))
    assert pages == re.findall(r"\]\((0\d{3}-[^)]+)\)", (directory / "README.md").read_text(encoding="utf-8"))
    for page in pages:
        parts = re.findall(r"^## (.+)$", (directory / page).read_text(encoding="utf-8"), re.MULTILINE)
        assert parts == ["What", "Why", "What else was tried", "What it costs"], page


def test_the_readme_is_short_and_leads_to_every_document() -> None:
    assert len(README.splitlines()) <= 100
    linked = set(re.findall(r"\]\(([^)#]+)", README))
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")} <= linked
    assert {"LICENSE", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/decisions/README.md"} <= linked


# What a stranger cannot know or open: places of one machine.
PRIVATE = re.compile(r"/work/|/root/|/dev/shm/\w|file:///home")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_name_no_machine_of_ours(document: str) -> None:
    assert not PRIVATE.search((ROOT / document).read_text(encoding="utf-8"))


def _pattern(answer: str) -> str:
    """Spaces between values say nothing; `…` stands for anything."""
    return re.escape(re.sub(r"(?<=[,:])\s+", "", answer.strip())).replace("…", ".*")


@pytest.mark.parametrize(("headline", "language"), [("Quick start", "en"), ("快速开始", "zh")])
def test_the_quick_start_shows_what_the_server_answers(app: Flask, headline: str, language: str) -> None:
    section = (ROOT / "docs/api.md").read_text("utf-8").partition(f"\n## {headline}\n")[2].partition("\n## ")[0]
    pairs = re.findall(r"```(http|bash)\n(.*?)```\n\n```json\n(.*?)```", section, re.DOTALL)
    assert len(pairs) >= 4 and len(pairs) == section.count("```json")
    client, headers = app.test_client(), {"Accept-Language": language}
    for kind, request, answer in pairs:
        if kind == "bash":
            path, form = request.split("8000")[1].split()[0], dict(re.findall(r"-F (\w+)=(\S+)", request))
            form["file"] = (io.BytesIO(package(name="com.example.hello")), form["file"].removeprefix("@"))
            said = client.post(path, data=form, headers=headers)
        else:
            first, _, rest = request.partition("\n")
            method, path = first.split()
            body = rest.partition("\n\n")[2].strip()
            sent = {"data": body, "content_type": "application/json"} if body else {}
            said = client.open(path, method=method, headers=headers, **sent)
        assert re.fullmatch(_pattern(answer), re.sub(r"(?<=[,:])\s+", "", said.text), re.DOTALL), said.text
