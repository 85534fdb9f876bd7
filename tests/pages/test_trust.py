"""What pages say of stored verdicts, and how foreign texts stand in them."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from flask import Flask

from microdock_server.bundle.contents import FileKind
from microdock_server.bundle.dotnet.capabilities import CAPABILITIES, MEMBERS
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.media import prose
from microdock_server.media.markup import to_html
from microdock_server.messages import CATALOGUE, text
from microdock_server.messages.rule_help import HELP
from microdock_server.models import AutoReview
from microdock_server.pages import trust
from microdock_server.services.autoreview import contents_rules

from ..market import People, created, data, decide, published_version, rated, run_jobs
from .about_plugins import NAME, PAGE, markup, said, section, words

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def checked(who: People) -> Flask:
    """A server with a published plugin that was checked before."""
    plugin = created(who.developer)
    assert run_jobs(who.developer.app)
    decide(who.reviewer, plugin["id"])
    return who.developer.app


def rewrite(app: Flask, **details: Any) -> None:
    """Let the stored verdict say something else about security."""
    with app.app_context(), unit_of_work():
        row = db.session.query(AutoReview).one()
        assert row.verdict is not None
        checks = dict(row.verdict["checks"])
        checks["security"] = {**checks["security"], "details": {**checks["security"]["details"], **details}}
        row.verdict = {**row.verdict, "checks": checks}


def test_the_verdict_of_a_real_check_is_read(who: People) -> None:
    app = checked(who)
    found = said(section(markup(app, PAGE), "trust"))
    assert "Checked by program on" in found
    assert text("page.scan_not_run", "en") in found
    # The test's assembly is none, which is said with a link to what that means.
    assert any(f'href="/help/rules/{rule}"' in section(markup(app, PAGE), "trust") for rule in HELP)


@pytest.mark.parametrize(
    ("verdict", "sentence", "brief"),
    [
        ("clean", "page.scan_clean", "page.brief.scanned"),
        ("infected", "page.scan_infected", "page.brief.infected"),
        ("failed", "page.scan_failed", "page.brief.unscanned"),
        ("not_run", "page.scan_not_run", "page.brief.unscanned"),
        ("of a later version", "page.scan_not_run", "page.brief.unscanned"),
    ],
)
def test_each_result_of_a_scan_is_said(who: People, verdict: str, sentence: str, brief: str) -> None:
    app = checked(who)
    rewrite(app, malware_scan=verdict, scanner="ClamAV 1.4.3/27500")
    found = markup(app, PAGE)
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    assert text(sentence, "en", {"day": day}) in said(section(found, "trust"))
    assert text(brief, "en") in said(found)
    assert ("ClamAV 1.4.3/27500" in said(found)) is (verdict in ("clean", "infected"))


def test_what_findings_name_is_not_shown() -> None:
    """A name that resembles another one's may be a draft's."""
    finding = {"rule": "lookalike", "severity": "high", "params": {"name": "com.secret.draft"}, "evidence": ["x"]}
    read = trust._read(NOW, {"findings": [finding]})
    assert [dataclasses.asdict(found) for found in read.findings] == [
        {"rule": "lookalike", "title": "help.lookalike.title", "severity": "high", "count": 1}
    ]


def test_findings_are_counted_by_rule_and_the_gravest_come_first() -> None:
    findings = [
        {"rule": "no_readme", "severity": "low", "params": {}},
        {"rule": "script", "severity": "medium", "params": {}},
        {"rule": "package_warning", "severity": "low", "params": {"problem": "host-unpacked-size"}},
        {"rule": "no_readme", "severity": "low", "params": {}},
        {"rule": "of_a_later_version", "severity": "low", "params": {}},
    ]
    read = trust._read(NOW, {"findings": findings})
    named = [(found.rule, found.count) for found in read.findings]
    assert named[0] == ("script", 1) and ("no_readme", 2) in named
    assert all(found.rule in HELP and found.title in CATALOGUE for found in read.findings)
    assert read.counts["medium"] == 1


def test_everything_that_code_can_use_has_a_sentence() -> None:
    every = {
        *CAPABILITIES,
        *contents_rules.CAPABILITIES,
        *(rule.capability for rules in MEMBERS.values() for rule in rules),
    }
    details = {"sensitive_apis": [*every, "of_a_later_version"]}
    read = trust._read(NOW, {"checks": {"security": {"details": details}}})
    other = [one.name for one in read.capabilities if one.text == "page.capability.other"]
    assert other == ["of_a_later_version"]


def test_every_kind_of_file_has_a_severity_and_an_unknown_one_needs_a_person() -> None:
    assert set(contents_rules.FILES) == set(get_args(FileKind)) - {contents_rules.OPAQUE}
    files = [{"kind": "of_a_later_version", "path": "a.bin"}]
    [finding] = contents_rules.files_rule({"contents": {"files": files}})
    assert (finding.rule, finding.severity) == ("of_a_later_version", "high")


@pytest.mark.parametrize(
    ("markdown", "written"),
    [
        ("# A\n\n#### B", "<h3>A</h3>\n<h6>B</h6>\n"),
        ("### A\n\n#### B\n\n### C", "<h3>A</h3>\n<h4>B</h4>\n<h3>C</h3>\n"),
        ("###### A", "<h3>A</h3>\n"),
        ("## A\n\n# B\n\n###### C", "<h4>A</h4>\n<h3>B</h3>\n<h6>C</h6>\n"),
        ("`<h1>`\n\n## A", "<p><code>&lt;h1&gt;</code></p>\n<h3>A</h3>\n"),
        ("```\n<a>\n```", '<pre tabindex="0"><code>&lt;a&gt;\n</code></pre>\n'),
        (
            "![](https://a.example/x.png)",
            '<p><a href="https://a.example/x.png" rel="{rel}">https://a.example/x.png</a></p>\n',
        ),
        ('![a](https://a.example/?x="><b>)', '<p><a href="https://a.example/?x=%22%3E%3Cb%3E" rel="{rel}">a</a></p>\n'),
        ('![x](https://a.example/ "<img src=y>")', '<p><a href="https://a.example/" rel="{rel}">x</a></p>\n'),
        (
            "[![<b>](https://a.example/)](https://b.example/)",
            '<p><a href="https://b.example/" rel="{rel}">&lt;b&gt;</a></p>\n',
        ),
        ("![no](javascript:alert(1))", "<p>![no](javascript:alert(1))</p>\n"),
        (
            '[x](https://a.example/ "<img src=y>") ![z](https://c.example/)',
            '<p><a href="https://a.example/" title="&lt;img src=y&gt;" rel="{rel}">x</a> '
            '<a href="https://c.example/" rel="{rel}">z</a></p>\n',
        ),
    ],
)
def test_texts_stand_below_our_headings_without_foreign_pictures(markdown: str, written: str) -> None:
    assert prose.in_page(to_html(markdown), below=2) == written.format(rel=prose._REL)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_how_to_report_a_plugin_or_a_rating_is_said_and_so(
    who: People, published_plugin: dict[str, Any], language: str
) -> None:
    rating = rated(who.user, published_plugin["id"], 1, title="Bad", content="It does nothing of what it says.")
    found = words(who.nobody.app, PAGE, language)
    for address in re.findall(r"POST (/api/v1/marketplace/plugins/\S+/report)", found):
        asked = address.replace("{id}", rating["id"])
        data(who.developer.post(asked, {"reason": "It says what is not so."}))
    assert found.count(f"POST /api/v1/marketplace/plugins/{NAME}/") == 2


def test_a_permission_that_nobody_knows_is_not_called_a_high_risk(
    who: People, published_plugin: dict[str, Any]
) -> None:
    asked = ["storage:local", "http:external", "magic:wand"]
    published_version(who.developer, who.reviewer, NAME, "1.1.0", permissions=asked)
    assert "Permissions: 3, of high or unknown risk: 2" in words(who.nobody.app, PAGE)
    assert "需要 3 项权限，2 项高风险或未知" in words(who.nobody.app, PAGE, "zh")


def test_a_hash_that_the_same_server_shows_is_no_proof(who: People, published_plugin: dict[str, Any]) -> None:
    for path in (PAGE, f"{PAGE}/1.0.0"):
        found = said(section(markup(who.nobody.app, path), "trust"))
        assert "compare what you download with it" in found and "prove that nothing is wrong" in found
        assert "not changed" not in found and "proves" not in found
        assert "核对您下载的文件" in words(who.nobody.app, path, "zh")
