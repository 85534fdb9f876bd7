"""A third language is one file: the gallery, the API and the admin page's texts are in it, and nothing else remains."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask

from microdock_server.messages import CATALOGUE, LANGUAGES, TRANSLATIONS, language_of, text
from microdock_server.messages.page_files import tree

from ..market import PLUGINS, V1, People, account_id, category, data, file, png, published, published_version, rated
from ..support import add_user

PACKAGE = Path(__file__).parent.parent.parent / "microdock_server"
# Reserved for private use (BCP 47), so that nobody speaks it.
PSEUDO = "qps"
TEXTS = {key: f"⟦{english}⟧" for key, (_, english) in CATALOGUE.items()}
NAME = "com.example.greek"
# What people write here is Greek.
SAID = "Ωμέγα"

# What stands in these elements is data: names, code, dates, what people wrote.
DATA = {"bdi", "code", "pre", "time", "script", "style", "blockquote"}
# Attributes that people read or hear.
SHOWN = {"title", "alt", "aria-label", "placeholder"}
# In every language.
NAMES = re.compile(
    r"SHA-256|Linux|sha256sum|Windows PowerShell|Get-FileHash|(GET|POST) /\S+"
    r"|KiB|MiB|GiB|\bB\b|MicroDock( Plugin Server)?|developer ·|\[qps\]|中文|English|\bv?\d[\w.]*"
)


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A language in which every text stands in brackets."""
    monkeypatch.setitem(LANGUAGES, PSEUDO, "[qps]")
    monkeypatch.setitem(TRANSLATIONS, PSEUDO, TEXTS)
    language_of.cache_clear()
    yield
    language_of.cache_clear()


class Page(HTMLParser):
    """The texts of a page that are no data, and where it leads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.links: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag not in {"meta", "link", "img", "input", "br", "hr", "wbr"}:
            self.open.append("pre" if "prose" in values.get("class", "").split() else tag)
        if tag == "a":
            self.links.add(values.get("href", ""))
        shown = [value for name, value in values.items() if name in SHOWN]
        if tag == "meta" and "description" in (values.get("name", "") + values.get("property", "")):
            shown.append(values["content"])
        self.texts += shown

    def handle_endtag(self, tag: str) -> None:
        if self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not DATA & set(self.open):
            self.texts.append(data)


def leftovers(html: str) -> list[str]:
    """What of a page is neither a text of the language nor data."""
    # As one: a date within a sentence is an element of its own.
    rest = "\n".join(Page(html).texts).replace(NAME, "")
    while (inner := re.sub(r"⟦[^⟦⟧]*⟧", "", rest)) != rest:
        rest = inner
    return [line.strip() for line in rest.split("\n") if re.search(r"[A-Za-z\u3400-\u9fff]", NAMES.sub("", line))]


@pytest.fixture
def market(who: People) -> str:
    """A plugin with all that pages show of one; the developer's id."""
    form = {
        "description": SAID,
        "long_description": SAID,
        "category_id": category(who.admin, SAID)["id"],
        "metadata": {"tags": ["ετικέτα"], "license": "Ω-1"},
        "icon": file(png(), "icon.png"),
        "screenshots": [file(png(), "1.png")],
    }
    changes = {"name": NAME, "displayName": SAID, "description": SAID, "author": SAID, "permissions": ["http:external"]}
    plugin = published(who.developer, who.reviewer, form, engines={"MicroDock": ">=1.0.0"}, **changes)
    for version in ("1.1.0", "1.2.0"):
        published_version(who.developer, who.reviewer, plugin["id"], version, **changes)
    rated(who.user, plugin["id"], 4, title=SAID, content=SAID)
    data(who.developer.post(f"{PLUGINS}/{plugin['id']}/versions/1.1.0/yank", {"reason": SAID}))
    return account_id(who.developer)


def test_no_other_language_stands_on_a_page(app: Flask, who: People, market: str, pseudo: None) -> None:
    client = app.test_client()
    waiting = ["/", "/plugins?q=nothing-is-so-called", f"/developers/{market}", f"/compare/{NAME}/1.0.0...1.2.0"]
    waiting += [f"/plugins/{NAME}", f"/plugins/{NAME}/1.1.0", "/help/rules/encrypted", "/plugins/no.such.plugin"]
    seen: set[str] = set()
    found = {}
    while waiting:
        path = waiting.pop()
        path += "" if "lang=" in path else ("&" if "?" in path else "?") + f"lang={PSEUDO}"
        if path in seen or (path.startswith("/help/rules/") and sum("/help/rules/" in one for one in seen) > 2):
            continue
        seen.add(path)
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code in (200, 301, 404), path
        if answer.status_code == 301:
            waiting.append(answer.headers["Location"].removeprefix("http://localhost"))
            continue
        html = answer.get_data(as_text=True)
        assert f'lang="{PSEUDO}"' in html and answer.headers["Content-Language"] == PSEUDO
        if rest := leftovers(html):
            found[path] = rest
        # Feeds are no pages, and most of what they say is data.
        pages = [link for link in Page(html).links if link.startswith("/") and not link.startswith("/feeds/")]
        waiting += [link for link in pages if f"lang={PSEUDO}" in link]
    assert len(seen) > 12
    assert found == {}
    assert leftovers("<p>Save <bdi>me</bdi> ⟦x⟧</p><img alt='A picture'>") == ["Save", "A picture"]


def test_what_was_written_in_both_languages_is_shown_in_english(
    app: Flask, who: People, market: str, pseudo: None
) -> None:
    reason = {"zh": "崩溃", "en": "It crashes"}
    body = {"plugin": NAME, "versions": "*", "severity": "disable", "reason": reason}
    data(who.admin.post(f"{V1}/admin/blocks", body), 201)
    html = app.test_client().get(f"/plugins/{NAME}?lang={PSEUDO}").get_data(as_text=True)
    assert "It crashes" in html and "崩溃" not in html
    asked = {"engines": {"MicroDock": "1.0.0"}, "installed": [{"name": NAME, "version": "1.2.0"}]}
    answer = app.test_client().post("/api/plugins/updates", json=asked, headers={"Accept-Language": PSEUDO})
    [update] = answer.get_json()["data"]["updates"]
    said = [one["message"] for one in update["reasons"]]
    assert said and all(one.startswith("⟦") for one in said)
    assert any("It crashes" in one for one in said)


def test_the_feed_and_the_switch_know_it(app: Flask, pseudo: None) -> None:
    client = app.test_client()
    assert client.get("/feeds/plugins.atom", headers={"Accept-Language": PSEUDO}).headers["Content-Language"] == PSEUDO
    html = client.get("/?lang=en", headers={"Accept": "text/html"}).get_data(as_text=True)
    for tag in ("zh", PSEUDO):
        assert f'?lang={tag}" hreflang="{tag}"' in html


def test_the_switch_of_the_language_stays_on_the_page_of_ratings(app: Flask, who: People, market: str) -> None:
    for number in range(11):
        rated(add_user(app, f"rater{number}"), NAME, 4, title=SAID, content=SAID)
    client = app.test_client()
    for query, lang in (("?ratings=2", "en"), ("?ratings=2&lang=en", "zh")):
        html = client.get(f"/plugins/{NAME}{query}", headers={"Accept": "text/html"}).get_data(as_text=True)
        assert f'href="/plugins/{NAME}?ratings=2&amp;lang={lang}" hreflang="{lang}"' in html
    first = client.get(f"/plugins/{NAME}?ratings=1", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert f'href="/plugins/{NAME}?lang=en" hreflang="en"' in first


def test_no_list_in_a_chinese_sentence_has_a_latin_comma(app: Flask) -> None:
    # Between words of Chinese, in Chinese; the page of an empty server names settings.
    html = app.test_client().get("/?lang=zh", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "<code>APP_NAME</code>、<code>PUBLIC_URL</code>" in html
    for address in ("/", "/help/publishing"):
        html = app.test_client().get(f"{address}?lang=zh", headers={"Accept": "text/html"}).get_data(as_text=True)
        assert [one for one in Page(html).texts if "," in one] == []


def test_nor_has_a_page_about_a_plugin(app: Flask, market: str) -> None:
    for address in (f"/plugins/{NAME}", f"/plugins/{NAME}/1.1.0", f"/compare/{NAME}/1.0.0...1.1.0"):
        html = app.test_client().get(f"{address}?lang=zh", headers={"Accept": "text/html"}).get_data(as_text=True)
        assert [one for one in Page(html).texts if "," in one] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_language_that_the_address_names_is_kept_in_feeds(app: Flask, market: str, language: str) -> None:
    client, other = app.test_client(), {"Accept-Language": "en" if language == "zh" else "zh"}
    for path, feeds in (("/", ["plugins"]), (f"/plugins/{NAME}", ["plugins", f"plugins/{NAME}"])):
        for lang in (f"?lang={language}", ""):
            html = client.get(path + lang, headers={"Accept": "text/html", **other}).get_data(as_text=True)
            assert set(re.findall(r'"(/feeds/[^"]*)"', html)) == {f"/feeds/{feed}.atom{lang}" for feed in feeds}
    for address in (f"/feeds/plugins/{NAME}.atom", "/feeds/plugins.atom", "/feeds/blocks.atom"):
        for lang, spoken in ((f"?lang={language}", language), ("?lang=none", other["Accept-Language"])):
            feed = client.get(address + lang, headers=other)
            assert feed.headers["Content-Language"] == spoken
            assert f'xml:lang="{spoken}"' in feed.get_data(as_text=True)
        # Whoever follows its links stays in the language.
        own = client.get(f"{address}?lang={language}", headers=other).get_data(as_text=True)
        assert f'href="{address}?lang={language}"' in own
        assert own.count("text/html") == len(
            re.findall(rf'rel="alternate" type="text/html" href="[^"]*lang={language}"', own)
        )


def test_a_language_lacks_what_its_file_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGES, PSEUDO, "[qps]")
    monkeypatch.setitem(TRANSLATIONS, PSEUDO, {"admin.page.login": "⟦in⟧"})
    assert text("error.not_found", PSEUDO) == CATALOGUE["error.not_found"][1]
    assert tree(PSEUDO)["page"]["login"] == "⟦in⟧"
    assert tree(PSEUDO)["page"]["audit"] == tree("en")["page"]["audit"]


_SERVE = """
import json, sys
from microdock_server import create_app
from microdock_server.bootstrap import prepare
from microdock_server.messages import page_files
from flask_migrate import upgrade
app = create_app()
with app.app_context():
    upgrade()
prepare(app)
client = app.test_client()
chosen = client.get("/?lang=qps", headers={"Accept": "text/html"})
spoken = client.get("/", headers={"Accept": "text/html", "Accept-Language": "qps-PLOC, en;q=0.5"})
refused = client.post("/api/plugins/detail", json={"name": "no.such.plugin"}, headers={"Accept-Language": "qps"})
page_files.write(page_files.Path(sys.argv[1]))
print(json.dumps([chosen.get_data(as_text=True), spoken.get_data(as_text=True), refused.get_json()["message"]]))
"""


def test_one_file_is_all_that_a_language_needs(tmp_path: Path) -> None:
    copy = tmp_path / "code"
    skipped = shutil.ignore_patterns("__pycache__", "admin.*", "assets")
    shutil.copytree(PACKAGE, copy / PACKAGE.name, ignore=skipped)
    shutil.copytree(PACKAGE.parent / "migrations", copy / "migrations", ignore=skipped)
    languages = copy / PACKAGE.name / "messages" / "languages"
    languages.mkdir(exist_ok=True)
    texts = {**TEXTS, "language.name": "⟦Pseudo⟧"}
    (languages / f"{PSEUDO}.json").write_text(json.dumps(texts), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(copy), "DATA_DIR": str(tmp_path / "data"), "DEBUG": "true"}
    command = [sys.executable, "-c", _SERVE, str(tmp_path / "texts")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=copy, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    chosen, spoken, refused = json.loads(done.stdout.splitlines()[-1])
    for html in (chosen, spoken):
        assert '<html lang="qps">' in html and TEXTS["page.home.title"] in html
    assert refused == TEXTS["error.plugin_not_found"]
    listed = json.loads((tmp_path / "texts" / "languages.json").read_text(encoding="utf-8"))
    assert listed[-1] == {"tag": PSEUDO, "code": PSEUDO, "name": "⟦Pseudo⟧"}
    page = json.loads((tmp_path / "texts" / f"{PSEUDO}.json").read_text(encoding="utf-8"))
    assert page["page"]["login"] == TEXTS["admin.page.login"]
