"""Automatic review: verdicts of rules, and the effects of a complete run on a waiting version."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, get_args

import pytest
from flask import Flask

from microdock_server.api.market.findings import issues
from microdock_server.bundle import Limits
from microdock_server.bundle.contents.found import Limit
from microdock_server.bundle.dotnet import capabilities
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.messages import CATALOGUE
from microdock_server.models import AutoReview, Job
from microdock_server.services import jobs
from microdock_server.services.autoreview import facts
from microdock_server.services.autoreview.facts import Tools
from microdock_server.services.autoreview.rules import RULES_VERSION, WEIGHTS, has_high, judge
from microdock_server.services.autoreview.scanning import Scan
from microdock_server.services.configuration import ReviewSettings
from microdock_server.services.jobs import Leased
from microdock_server.services.reviews import automatic
from microdock_server.vocabulary import NOT_MEASURED, Role

from ..bundle.packages import plugin_dll
from ..market import (
    PLUGINS,
    V1,
    People,
    add_version,
    audited,
    create,
    created,
    data,
    decide,
    file,
    notices,
    published,
    review_of,
    shown,
    slug,
)
from ..support import add_user, manifest

NAME = "com.example.myplugin"
# What the good package below gets: it was not scanned for viruses, and has neither license nor changelog.
GOOD_SCORE = 98

Facts = dict[str, Any]
Change = Callable[[Facts], None]


INTERFACE = "MicroDock.Plugin.IMicroDockPlugin"


def assembly(path: str, **changes: Any) -> dict[str, Any]:
    """An assembly of the package that does nothing to speak of."""
    return {
        "path": path,
        "name": path.removesuffix(".dll"),
        "architecture": "any",
        "is_mixed": False,
        "is_reference": False,
        "is_embedded": False,
        "target_framework": ".NETStandard,Version=v2.0",
        "references": ["netstandard 2.0.0.0"],
        "imports": [],
        "uses": [],
        "hidden_names": 0,
        "names": 10,
        **changes,
    }


def good_facts() -> Facts:
    """Facts that no rule has anything to say about."""
    return {
        "facts_version": 1,
        "package": {"file_size": 1000, "unpacked_size": 2000, "entries": 3, "largest": 1500},
        "inspection": [],
        "scan": {"verdict": "clean", "engine": "ClamAV 1.4.3", "signature": "", "detail": ""},
        "assembly": {
            "status": "ok",
            "assembly_name": "MyPlugin",
            "detail": "",
            "target_framework": ".NETStandard,Version=v2.0",
            "references": ["netstandard 2.0.0.0"],
            "entry": {"found": True, "is_public": True, "is_abstract": False, "has_default_constructor": True},
            "imports": [],
            "uses": [],
            "truncated": False,
        },
        "contents": {
            "assemblies": [assembly("MyPlugin.dll")],
            "files": [],
            "incomplete": [],
            "main": "MyPlugin.dll",
            "entry": {
                "state": "found",
                "assembly": "MyPlugin",
                "is_abstract": False,
                "is_generic": False,
                "can_be_made": True,
                "interfaces": [f"{INTERFACE}, MicroDock.Plugin"],
                "outside": [f"{INTERFACE}, MicroDock.Plugin"],
                "is_cut": False,
            },
        },
        "host": ReviewSettings().host,
        "permissions": ["storage:local"],
        "documents": {"readme": True, "changelog": True, "license": True, "description": 40},
        "dependencies": [{"name": "com.other", "range": "^1.0.0", "known": True, "satisfied": True}],
        "engines": [{"name": "MicroDock", "range": ">=2.0.0", "satisfiable": True, "known": True}],
        "lookalikes": [],
    }


def changed(*path: str, to: Any) -> Change:
    def change(found: Facts) -> None:
        *parents, last = path
        for name in parents:
            found = found[name]
        found[last] = to

    return change


def main(**changes: Any) -> Change:
    """The main assembly is another."""
    return changed("contents", "assemblies", to=[assembly("MyPlugin.dll", **changes)])


def beside(path: str = "lib/Evil.dll", **changes: Any) -> Change:
    """There is another assembly beside the main one."""
    return changed("contents", "assemblies", to=[assembly("MyPlugin.dll"), assembly(path, **changes)])


def uses(capability: str) -> Change:
    return main(uses=[{"capability": capability, "evidence": "System.Something"}])


def entry(**members: Any) -> Change:
    def change(found: Facts) -> None:
        found["contents"]["entry"] = {**found["contents"]["entry"], **members}

    return change


def contents(**members: Any) -> Change:
    def change(found: Facts) -> None:
        found["contents"].update(members)

    return change


def files(kind: str) -> Change:
    return contents(files=[{"kind": kind, "path": "x.bin"}])


def host(change: Change | None = None, **members: Any) -> Change:
    """Hosts are like this; and, it may be, something else is changed too."""

    def changes(found: Facts) -> None:
        found["host"].update(members)
        if change:
            change(found)

    return changes


def lookalike(reason: str) -> Change:
    return changed("lookalikes", to=[{"name": "com.examp1e.myplugin", "reason": reason, "distance": 0}])


def scan(verdict: str) -> Change:
    return changed("scan", to={"verdict": verdict, "engine": "", "signature": "Eicar", "detail": "no answer"})


def dependency(**members: bool) -> Change:
    return changed("dependencies", to=[{"name": "com.other", "range": "^1.0.0", **members}])


def engine(**members: bool) -> Change:
    return changed("engines", to=[{"name": "Other", "range": ">=1", **members}])


MIB = 1024 * 1024
LIMITS = get_args(Limit)
RULES: list[tuple[Change, str, str, str]] = [
    (
        changed("inspection", to=[{"rule": "bad_name", "entry": "a/../b", "field": None}]),
        "archive", "security", "high",
    ),
    (
        changed("warnings", to=[{"rule": "data-folder", "entry": "data", "field": None, "values": {"entry": "data"}}]),
        "package_warning", "compatibility", "low",
    ),
    (scan("infected"), "malware", "security", "high"),
    (scan("failed"), "scan_failed", "security", "high"),
    (scan("not_run"), "scan_not_run", "security", "low"),
    (uses("process"), "uses_process", "security", "medium"),
    (uses("registry"), "uses_registry", "security", "medium"),
    (uses("reflection_emit"), "uses_reflection_emit", "security", "medium"),
    (uses("dynamic_loading"), "uses_dynamic_loading", "security", "medium"),
    (uses("native_code"), "uses_native_code", "security", "medium"),
    (uses("network"), "uses_network", "security", "low"),
    (
        main(imports=[{"module": "kernel32", "function": "VirtualAlloc"}]),
        "native_imports", "security", "medium",
    ),
    (lookalike("confusable"), "lookalike", "security", "high"),
    (lookalike("edit_distance"), "lookalike", "security", "medium"),
    (lookalike("same_display_name"), "lookalike", "security", "medium"),
    (changed("assembly", to=None), "assembly_not_managed", "quality", "high"),
    (changed("assembly", "status", to="not_managed"), "assembly_not_managed", "quality", "high"),
    (changed("assembly", "status", to="unreadable"), "assembly_unreadable", "quality", "high"),
    (contents(entry=None), "entry_class_missing", "quality", "high"),
    (entry(state="missing"), "entry_class_missing", "quality", "high"),
    (entry(state="forwarded_nowhere", assembly="Lib"), "entry_class_forwarded", "quality", "high"),
    (entry(is_abstract=True, can_be_made=False), "entry_class_abstract", "quality", "high"),
    (entry(is_generic=True), "entry_class_generic", "quality", "high"),
    (entry(can_be_made=False), "entry_class_no_constructor", "quality", "high"),
    (entry(interfaces=[], outside=[]), "entry_class_no_interface", "quality", "high"),
    (entry(interfaces=[f"{INTERFACE}, MyPlugin"], outside=[]), "entry_class_no_interface", "quality", "high"),
    (entry(interfaces=[], outside=["Lib.Base, Lib"]), "entry_class_unresolved", "quality", "high"),
    *((contents(incomplete=[{"limit": limit, "path": "x"}]), "incomplete", "security", "high") for limit in LIMITS),
    (files("executable"), "executable", "security", "high"),
    (files("managed_executable"), "managed_executable", "security", "medium"),
    (files("native_library"), "native_library", "security", "medium"),
    (files("script"), "script", "security", "medium"),
    (files("archive"), "nested_archive", "security", "medium"),
    (files("disguised_assembly"), "disguised_assembly", "security", "medium"),
    (files("embedded_assembly"), "embedded_assembly", "security", "low"),
    (
        lambda found: (files("opaque_data")(found), main(loads_bytes=True)(found))[0],
        "hidden_code", "security", "high",
    ),
    (uses("com"), "uses_com", "security", "medium"),
    (uses("unsafe_deserialization"), "uses_unsafe_deserialization", "security", "medium"),
    (beside(uses=[{"capability": "process", "evidence": "x"}]), "uses_process", "security", "medium"),
    (beside(imports=[{"module": "k", "function": "f"}]), "native_imports", "security", "medium"),
    (beside(hidden_names=40), "obfuscated", "security", "medium"),
    (main(is_mixed=True), "assembly_mixed", "compatibility", "high"),
    (beside(is_mixed=True), "assembly_mixed", "compatibility", "medium"),
    (main(is_reference=True), "assembly_reference", "compatibility", "high"),
    (host(main(architecture="arm64"), architectures=["x64", "x86"]), "architecture_unfit", "compatibility", "high"),
    (host(main(architecture="x64"), architectures=["x64", "arm64"]), "architecture_unfit", "compatibility", "low"),
    (
        host(main(target_framework=".NETCoreApp,Version=v9.0"), frameworks=["net8.0"]),
        "framework_unfit", "compatibility", "high",
    ),
    (
        host(main(target_framework=".NETFramework,Version=v4.8"), frameworks=["net8.0", "net48"]),
        "framework_unfit", "compatibility", "low",
    ),
    (main(references=["Nowhere 1.0.0.0"]), "references_missing", "compatibility", "medium"),
    (changed("documents", "description", to=19), "no_description", "quality", "medium"),
    (changed("documents", "readme", to=False), "no_readme", "quality", "low"),
    (changed("documents", "changelog", to=False), "no_changelog", "quality", "low"),
    (changed("documents", "license", to=False), "no_license", "quality", "low"),
    (changed("package", "file_size", to=50 * MIB + 1), "large_package", "performance", "medium"),
    (changed("package", "unpacked_size", to=200 * MIB + 1), "large_unpacked", "performance", "medium"),
    (changed("package", "entries", to=2001), "many_entries", "performance", "low"),
    (dependency(known=False, satisfied=False), "dependency_unknown", "compatibility", "medium"),
    (dependency(known=True, satisfied=False), "dependency_unsatisfied", "compatibility", "medium"),
    (changed("engines", to=[]), "no_engines", "compatibility", "low"),
    (engine(satisfiable=False, known=True), "engine_unsatisfiable", "compatibility", "high"),
    (engine(satisfiable=True, known=False), "engine_unknown", "compatibility", "low"),
]  # fmt: skip


# How a plugin performs is not known before it runs.
GOOD = {**dict.fromkeys(WEIGHTS, (100, "pass")), "performance": (NOT_MEASURED, NOT_MEASURED)}


def shown_checks(verdict: dict[str, Any]) -> dict[str, tuple[int | str, str]]:
    return {area: (check["score"], check["status"]) for area, check in verdict["checks"].items()}


def judged(*changes: Change) -> dict[str, Any]:
    found = good_facts()
    for change in changes:
        change(found)
    return judge(found)


# The rules


@pytest.mark.parametrize(
    ("change", "score"),
    [
        (scan("infected"), 70), (contents(entry=None), 78), (engine(satisfiable=False, known=True), 92),
        (changed("package", "file_size", to=50 * MIB + 1), 97), (changed("documents", "readme", to=False), 98),
        (uses("network"), 98), (uses("com"), 92),
    ],
)  # fmt: skip
def test_what_a_finding_costs_of_a_hundred(change: Change, score: int) -> None:
    """Security weighs four parts of ten, quality three, performance two where it is measured, compatibility one."""
    assert judged(change)["overall_score"] == score


def test_good_facts_have_no_findings_and_full_marks() -> None:
    verdict = judged()
    assert (verdict["overall_score"], verdict["findings"], verdict["rules_version"]) == (100, [], RULES_VERSION)
    assert shown_checks(verdict) == GOOD
    assert not has_high(verdict)


@pytest.mark.parametrize(
    ("change", "rule", "area", "severity"), RULES, ids=[f"{rule}-{severity}" for _, rule, _, severity in RULES]
)
def test_every_rule_fires_alone_and_costs_what_it_should(change: Change, rule: str, area: str, severity: str) -> None:
    verdict = judged(change)
    assert [(row["rule"], row["category"], row["severity"]) for row in verdict["findings"]] == [(rule, area, severity)]
    loss = {"high": 60, "medium": 15, "low": 5}[severity]
    expected = GOOD | {area: (100 - loss, {"high": "fail", "medium": "warning", "low": "pass"}[severity])}
    assert shown_checks(verdict) == expected
    measured = {name: score for name, (score, _) in expected.items() if isinstance(score, int)}
    total = sum(WEIGHTS[name] for name in measured)
    assert verdict["overall_score"] == round(sum(score * WEIGHTS[name] for name, score in measured.items()) / total)
    assert has_high(verdict) == (severity == "high")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_finding_is_worded_in_both_languages(language: str, app: Flask) -> None:
    """Nothing of a text is a code: neither a placeholder nor the name of a limit."""
    with app.test_request_context(headers={"Accept-Language": language}):
        for change, rule, *_ in RULES:
            [issue] = issues(judged(change))
            assert issue["message"] not in (rule, "") and "{" not in issue["message"]
            assert ("\u4e00" <= max(issue["message"]) <= "\u9fff" or max(issue["message"]) >= "\uff00") == (
                language == "zh"
            )
            assert not any(f"（{limit}）" in issue["message"] or f"({limit})" in issue["message"] for limit in LIMITS)


def test_an_interface_may_come_from_any_assembly_or_not_be_asked_for() -> None:
    foreign = entry(interfaces=["Other.IPlugin, Other"], outside=[])
    assert judged(host(foreign, interface=""))["findings"] == []
    assert judged(host(foreign, interface="Other.IPlugin", interface_assembly=""))["findings"] == []
    assert judged(host(foreign, interface="Other.IPlugin", interface_assembly="other"))["findings"] == []
    [found] = judged(host(foreign, interface="Other.IPlugin", interface_assembly="Third"))["findings"]
    assert (found["rule"], found["evidence"]) == ("entry_class_no_interface", ["Other.IPlugin, Other"])


def test_a_base_class_that_the_host_brings_may_implement_its_interface() -> None:
    for base in ("MicroDock.Plugin.Base, MicroDock.Plugin", "Avalonia.Thing, Avalonia.Base"):
        assert judged(entry(interfaces=[], outside=[base]))["findings"] == []


def test_a_class_does_not_load_without_all_that_it_is_made_of() -> None:
    whole = entry(interfaces=["L.IWider, Lib", f"{INTERFACE}, MicroDock.Plugin"], outside=["L.IWider, Lib"])
    [found] = judged(whole)["findings"]
    assert (found["rule"], found["evidence"]) == ("entry_class_unresolved", ["L.IWider, Lib"])


def test_data_that_cannot_be_read_is_a_finding_only_where_bytes_are_loaded() -> None:
    assert judged(files("opaque_data"))["findings"] == []
    assert judged(main(loads_bytes=True))["findings"] == []
    [found] = judged(files("opaque_data"), main(loads_bytes=True))["findings"]
    assert (found["rule"], found["evidence"]) == ("hidden_code", ["MyPlugin.dll", "x.bin"])


def test_an_internal_class_loads() -> None:
    """The host makes it all the same: only how it is declared says that it is not public."""
    hidden = {"found": True, "is_public": False, "is_abstract": False, "has_default_constructor": True}
    assert judged(changed("assembly", "entry", to=hidden))["findings"] == []


def test_references_to_what_the_package_dotnet_or_the_host_bring_are_not_missing() -> None:
    references = ["Avalonia.Base 11.0.0.0", "MicroDock.Plugin 1.0.0.0", "System.Text.Json 8.0.0.0", "Evil 1.0.0.0"]
    verdict = judged(
        contents(assemblies=[assembly("MyPlugin.dll", references=references), assembly("lib/Evil.dll", name="evil")])
    )
    assert verdict["findings"] == []
    assert verdict["checks"]["compatibility"]["details"]["missing_references"] == []


@pytest.mark.parametrize(
    ("target", "framework", "fits"),
    [
        (".NETStandard,Version=v2.0", "net8.0", True), (".NETStandard,Version=v2.1", "net8.0-windows", True),
        (".NETStandard,Version=v2.1", "netcoreapp2.1", False), (".NETStandard,Version=v2.1", "net48", False),
        (".NETStandard,Version=v2.0", "net472", True), (".NETCoreApp,Version=v3.1", "net8.0", True),
        (".NETCoreApp,Version=v8.0", "net8.0", True), (".NETCoreApp,Version=v10.0", "net9.0", False),
        (".NETCoreApp,Version=v8.0", "net48", False), (".NETFramework,Version=v4.8", "net8.0", False),
        (".NETFramework,Version=v4.7.2", "net8.0", True), ("", "net8.0", True),
    ],
)  # fmt: skip
def test_what_runs_on_which_framework(target: str, framework: str, fits: bool) -> None:
    verdict = judged(host(main(target_framework=target), frameworks=[framework]))
    assert [row["rule"] for row in verdict["findings"]] == ([] if fits else ["framework_unfit"])


def test_facts_of_an_older_version_are_judged_as_far_as_they_go() -> None:
    old = good_facts()
    del old["contents"], old["host"]
    assert judge(old)["findings"] == []
    old["assembly"]["uses"] = [{"capability": "process", "evidence": "x"}]
    old["assembly"]["entry"] = {"found": False}
    assert [row["rule"] for row in judge(old)["findings"]] == ["entry_class_missing", "uses_process"]


def test_what_is_just_within_a_limit_is_no_finding() -> None:
    verdict = judged(
        changed("package", to={"file_size": 50 * MIB, "unpacked_size": 200 * MIB, "entries": 2000, "largest": 1}),
        changed("documents", "description", to=20),
        main(uses=[{"capability": name, "evidence": "x"} for name in ("environment", "file_system")]),
    )
    assert verdict["findings"] == []


def test_scores_of_the_areas_add_up_by_weight_and_never_fall_below_nothing() -> None:
    verdict = judged(
        scan("infected"),
        lookalike("confusable"),
        entry(can_be_made=False),
        changed("package", "entries", to=2001),
        engine(satisfiable=True, known=False),
    )
    scores = {area: check["score"] for area, check in verdict["checks"].items()}
    assert scores == {"security": 0, "quality": 40, "performance": 95, "compatibility": 95}
    assert verdict["overall_score"] == round(0.4 * 0 + 0.3 * 40 + 0.2 * 95 + 0.1 * 95)


def test_findings_come_the_gravest_first() -> None:
    verdict = judged(
        changed("documents", "readme", to=False), uses("process"), scan("failed"), changed("engines", to=[])
    )
    assert [row["rule"] for row in verdict["findings"]] == ["scan_failed", "uses_process", "no_engines", "no_readme"]


@pytest.mark.parametrize("verdict", ["failed", "infected"])
def test_a_scan_that_found_something_or_failed_is_never_a_pass(verdict: str) -> None:
    found = judged(scan(verdict))
    assert has_high(found)
    assert found["checks"]["security"]["status"] == "fail"
    assert found["checks"]["security"]["details"]["malware_scan"] == verdict


def test_a_scan_that_was_not_run_says_so() -> None:
    details = judged(scan("not_run"))["checks"]["security"]["details"]
    assert (details["malware_scan"], details["scanner"]) == ("not_run", None)


def test_what_cannot_be_known_says_that_it_was_not_measured() -> None:
    for verdict in (judged(), judged(changed("assembly", to=None))):
        checks = {area: check["details"] for area, check in verdict["checks"].items()}
        assert checks["security"]["vulnerability_scan"] == NOT_MEASURED == "not_measured"
        assert checks["quality"]["code_complexity"] == checks["quality"]["test_coverage"] == NOT_MEASURED
        for name in ("startup_time", "memory_usage", "cpu_usage"):
            assert checks["performance"][name] == NOT_MEASURED
    assert checks["compatibility"]["target_framework"] == NOT_MEASURED
    assert judged()["checks"]["compatibility"]["details"]["target_framework"] == ".NETStandard,Version=v2.0"


def test_judging_is_pure_and_survives_json() -> None:
    found = good_facts()
    for change, *_ in RULES[1:20:4]:
        change(found)
    before = copy.deepcopy(found)
    first = judge(found)
    assert found == before
    assert judge(json.loads(json.dumps(found))) == json.loads(json.dumps(first)) == first


# A whole run


def real_package(**changes: Any) -> bytes:
    """A package with a real DLL, and documents."""
    settled = {
        "entryClass": "Clock.Plugin",
        "description": "A plugin that is described at some length",
        "dependencies": {},
        **changes,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plugin.json", json.dumps(manifest(**settled)))
        archive.writestr("MyPlugin.dll", plugin_dll())
        archive.writestr("README.md", "# What it does")
    return buffer.getvalue()


def submitted(who: People, **changes: Any) -> str:
    """The id of a plugin with a real DLL that waits for review."""
    form = {"plugin_file": file(real_package(**changes), "p.zip")}
    return str(data(create(who.developer, form, **changes), 201)["id"])


def configure(who: People, **review_settings: Any) -> None:
    data(who.admin.put(f"{V1}/admin/system/config", {"review_settings": review_settings}))


def waiting(app: Flask) -> str | None:
    """The job that is due, where one is."""
    return jobs.next_due(app.extensions["microdock"].autocommit)


def tools(app: Flask, scanner: str | None = None) -> Tools:
    return Tools(app.extensions["microdock"].storage, Limits(), scanner)


def run(app: Flask, scanner: str | None = None) -> int:
    """Run every automatic review that waits; how many there were."""
    count = 0
    with app.app_context():
        while (job_id := waiting(app)) is not None:
            leased = jobs.lease(job_id, "tests")
            assert leased is not None
            automatic.run(leased, tools(app, scanner))
            count += 1
    return count


def result(who: People, plugin_id: str) -> dict[str, Any]:
    return dict(data(who.reviewer.get(f"{V1}/admin/plugins/{plugin_id}/auto-review/result")))


def found_rules(who: People, plugin_id: str) -> set[str]:
    return {issue["rule"] for issue in result(who, plugin_id)["issues"]}


def test_whoever_reviews_sees_what_its_uploader_was_told(app: Flask, who: People) -> None:
    plugin_id = submitted(who, dependencies={"com.other": "~1.2"})
    run(app)
    [found] = [row for row in result(who, plugin_id)["issues"] if row["rule"] == "package_warning"]
    assert (found["severity"], found["evidence"]) == ("low", ["dependencies.com.other"])
    assert "~1.2" in found["message"]


def test_advice_alone_leaves_the_decision_to_a_person(app: Flask, who: People) -> None:
    configure(who, manual_review_required=True, auto_approve_threshold=0)
    plugin_id = submitted(who)
    assert result(who, plugin_id)["status"] == "pending"
    assert run(app) == 1
    found = result(who, plugin_id)
    assert (found["status"], found["overall_score"], found["rules_version"]) == ("completed", GOOD_SCORE, RULES_VERSION)
    assert {area: check["status"] for area, check in found["checks"].items()} == {
        "security": "pass",
        "quality": "pass",
        "performance": NOT_MEASURED,
        "compatibility": "pass",
    }
    assert shown(who.developer, plugin_id)["status"] == "pending"
    row = review_of(who.reviewer, plugin_id)
    assert (row["reasons"], row["priority"]) == (["new"], "medium")
    assert (row["auto_review_result"]["status"], row["auto_review_result"]["score"]) == ("passed", GOOD_SCORE)


def test_switched_off_nothing_is_reviewed_automatically_and_people_decide(app: Flask, who: People) -> None:
    configure(who, auto_review_enabled=False)
    plugin_id = submitted(who)
    assert waiting(app) is None
    assert review_of(who.reviewer, plugin_id)["auto_review_result"] is None
    answer = who.reviewer.get(f"{V1}/admin/plugins/{plugin_id}/auto-review/result")
    assert slug(answer, 404) == "auto_review_not_found"
    decide(who.reviewer, plugin_id)
    assert shown(who.nobody, plugin_id)["status"] == "published"


def test_where_neither_a_person_nor_a_rule_looks_it_is_published_at_once(app: Flask, who: People) -> None:
    configure(who, auto_review_enabled=False, manual_review_required=False)
    plugin_id = submitted(who)
    assert shown(who.nobody, plugin_id)["status"] == "published"
    [row] = data(who.reviewer.get(f"{V1}/admin/reviews/queue?status=approved"))["reviews"]
    assert (row["is_automatic"], row["decided_by"]) == (True, None)


@pytest.mark.parametrize(("threshold", "is_published"), [(GOOD_SCORE, True), (GOOD_SCORE + 1, False)])
def test_without_manual_review_the_threshold_decides(
    app: Flask, who: People, threshold: int, is_published: bool
) -> None:
    configure(who, manual_review_required=False, auto_approve_threshold=threshold)
    plugin_id = submitted(who)
    assert shown(who.developer, plugin_id)["status"] == "pending"
    run(app)
    assert shown(who.developer, plugin_id)["status"] == ("published" if is_published else "pending")
    if not is_published:
        # What the rules would not decide, a person does.
        decide(who.reviewer, plugin_id)
        assert shown(who.nobody, plugin_id)["status"] == "published"
        return
    [row] = data(who.reviewer.get(f"{V1}/admin/reviews/queue?status=approved"))["reviews"]
    assert (row["is_automatic"], row["decided_by"]) == (True, None)
    assert str(GOOD_SCORE) in row["notes"]
    [entry_] = audited(who.admin, "review.approved")
    assert (entry_["actor"]["id"], entry_["details"]["automatic"]) == (None, True)
    completed = [row for row in notices(who.developer) if row["event"] == "plugin_review_completed"]
    assert [row["data"]["review_result"] for row in completed] == ["approved"]


def test_a_grave_finding_is_never_approved_without_a_person(app: Flask, who: People) -> None:
    configure(who, manual_review_required=False, auto_approve_threshold=0)
    plugin_id = str(created(who.developer)["id"])
    run(app)
    assert "assembly_unreadable" in found_rules(who, plugin_id)
    assert shown(who.developer, plugin_id)["status"] == "pending"
    row = review_of(who.reviewer, plugin_id)
    assert (row["reasons"], row["priority"]) == (["new", "auto_review_flagged"], "high")
    assert row["auto_review_result"]["status"] == "flagged"


def test_a_scanner_that_cannot_be_reached_is_no_pass(app: Flask, who: People) -> None:
    configure(who, manual_review_required=False, auto_approve_threshold=0)
    plugin_id = submitted(who)
    run(app, scanner="unix:///nowhere/clamd.sock")
    assert "scan_failed" in found_rules(who, plugin_id)
    assert shown(who.developer, plugin_id)["status"] == "pending"


@pytest.mark.parametrize("is_enabled", [True, False])
def test_scans_are_made_where_the_configuration_wants_them(
    app: Flask, who: People, monkeypatch: pytest.MonkeyPatch, is_enabled: bool
) -> None:
    asked: list[str | None] = []

    def scanned(_stream: Any, url: str | None) -> Scan:
        asked.append(url)
        return Scan("infected", signature="Eicar") if url else Scan("not_run")

    monkeypatch.setattr(facts, "scan", scanned)
    data(who.admin.put(f"{V1}/admin/system/config", {"upload_settings": {"virus_scan_enabled": is_enabled}}))
    plugin_id = submitted(who)
    run(app, scanner="tcp://clamav:3310")
    assert asked == (["tcp://clamav:3310"] if is_enabled else [None])
    assert ("malware" in found_rules(who, plugin_id)) == is_enabled


def test_what_a_person_has_in_hand_is_not_approved_behind_their_back(app: Flask, who: People) -> None:
    configure(who, manual_review_required=False, auto_approve_threshold=0)
    plugin_id = submitted(who)
    row = review_of(who.reviewer, plugin_id)
    data(who.reviewer.post(f"{V1}/admin/reviews/{row['id']}/start"))
    run(app)
    assert shown(who.developer, plugin_id)["status"] == "in_review"
    decide(who.reviewer, plugin_id, "rejected")
    assert shown(who.developer, plugin_id)["status"] == "rejected"


def test_a_decision_that_came_first_is_not_changed_by_the_rules(app: Flask, who: People) -> None:
    configure(who, manual_review_required=False, auto_approve_threshold=0)
    plugin_id = submitted(who)
    decide(who.reviewer, plugin_id, "rejected")
    run(app)
    assert result(who, plugin_id)["status"] == "completed"
    assert shown(who.developer, plugin_id)["status"] == "rejected"
    assert data(who.reviewer.get(f"{V1}/admin/reviews/queue"))["reviews"] == []


def test_new_versions_are_approved_by_the_same_rules(app: Flask, who: People) -> None:
    configure(who, manual_review_required=False, auto_approve_threshold=GOOD_SCORE)
    plugin_id = submitted(who)
    run(app)
    form = {"plugin_file": file(real_package(version="1.1.0"), "p.zip"), "version": "1.1.0"}
    data(who.developer._call("POST", f"{PLUGINS}/{plugin_id}/versions", data=form), 201)
    assert shown(who.nobody, plugin_id)["version"] == "1.0.0"
    run(app)
    assert shown(who.nobody, plugin_id)["version"] == "1.1.0"
    data(add_version(who.developer, plugin_id, "1.2.0"), 201)
    run(app)
    assert shown(who.nobody, plugin_id)["version"] == "1.1.0"


def test_asking_again_while_one_is_under_way_asks_once(app: Flask, who: People) -> None:
    plugin_id = submitted(who)
    path = f"{V1}/admin/plugins/{plugin_id}/auto-review"
    first = data(who.reviewer.post(path))
    assert data(who.reviewer.post(path))["id"] == first["id"]
    assert run(app) == 1
    assert data(who.reviewer.post(path))["id"] != first["id"]
    assert run(app) == 1
    assert who.developer.post(path).status_code == 403


# Evidence


def auto_review(app: Flask) -> AutoReview:
    with app.app_context(), unit_of_work(writing=False):
        return db.session.query(AutoReview).one()


def test_the_stored_facts_make_the_stored_verdict_again(app: Flask, who: People) -> None:
    submitted(who)
    run(app)
    with app.app_context(), unit_of_work(writing=False):
        again = automatic.replay(auto_review(app).id)
    assert again.agrees
    assert again.stored["overall_score"] == GOOD_SCORE


def test_a_verdict_that_was_changed_disagrees_with_its_facts(app: Flask, who: People) -> None:
    submitted(who)
    run(app)
    review_id = auto_review(app).id
    with app.app_context(), unit_of_work():
        row = db.session.get_one(AutoReview, review_id)
        row.verdict = {**(row.verdict or {}), "overall_score": 100}
    with app.app_context(), unit_of_work(writing=False):
        assert not automatic.replay(review_id).agrees


def test_another_owners_name_that_looks_the_same_is_grave(app: Flask, who: People) -> None:
    configure(who, manual_review_required=False, auto_approve_threshold=0)
    data(create(who.other, name="com.example.calendar", displayName="日历"), 201)
    plugin_id = submitted(who, name="com.example.ca1endar")
    run(app)
    [found] = [issue for issue in result(who, plugin_id)["issues"] if issue["rule"] == "lookalike"]
    assert (found["severity"], found["evidence"]) == ("high", ["com.example.calendar"])
    assert "com.example.calendar" in found["message"]
    assert shown(who.developer, plugin_id)["status"] == "pending"


def test_another_owners_name_a_slip_away_or_their_display_name_is_a_warning(app: Flask, who: People) -> None:
    data(create(who.other, name="com.example.calendar", displayName="日历"), 201)
    data(create(who.other, name="org.somebody.unlike", displayName="时钟"), 201)
    plugin_id = submitted(who, name="com.example.calandar", displayName=" 时钟 ")
    run(app)
    issues = [issue for issue in result(who, plugin_id)["issues"] if issue["rule"] == "lookalike"]
    assert {(issue["severity"], issue["evidence"][0]) for issue in issues} == {
        ("medium", "com.example.calendar"),
        ("medium", "org.somebody.unlike"),
    }


def test_ones_own_names_may_look_alike(app: Flask, who: People) -> None:
    published(who.developer, who.reviewer, name="com.example.calendar")
    plugin_id = submitted(who, name="com.example.ca1endar")
    run(app)
    assert "lookalike" not in found_rules(who, plugin_id)


def test_dependencies_are_looked_up_among_what_is_published(app: Flask, who: People) -> None:
    published(who.other, who.reviewer, name="com.other.lib", version="1.4.0")
    created(who.other, name="com.other.waiting", version="1.0.0")
    wanted = {"com.other.lib": "^1.2.0", "com.other.waiting": "*", "com.Other.LIB.x": "*"}
    plugin_id = submitted(who, dependencies=wanted)
    run(app)
    issues = result(who, plugin_id)["issues"]
    unknown = {issue["evidence"][0] for issue in issues if issue["rule"] == "dependency_unknown"}
    assert unknown == {"com.other.waiting", "com.Other.LIB.x"}
    assert "dependency_unsatisfied" not in {issue["rule"] for issue in issues}
    found = result(who, plugin_id)["checks"]["compatibility"]["details"]["dependencies"]
    assert {item["name"]: (item["known"], item["satisfied"]) for item in found}["com.other.lib"] == (True, True)


# Accidents


def leased_of(app: Flask) -> Leased:
    job_id = waiting(app)
    assert job_id is not None
    with app.app_context():
        leased = jobs.lease(job_id, "tests")
    assert leased is not None
    return leased


def test_a_job_whose_lease_was_lost_writes_nothing(app: Flask, who: People) -> None:
    configure(who, manual_review_required=False, auto_approve_threshold=0)
    plugin_id = submitted(who)
    leased = leased_of(app)
    with app.app_context(), unit_of_work():
        db.session.get_one(Job, leased.id).leased_by = "another"
    with app.app_context():
        automatic.run(leased, tools(app))
    assert result(who, plugin_id)["status"] == "running"
    assert shown(who.developer, plugin_id)["status"] == "pending"


def test_a_plugin_that_was_deleted_meanwhile_ends_the_job(app: Flask, who: People) -> None:
    plugin_id = submitted(who)
    leased = leased_of(app)
    data(who.developer.delete(f"{PLUGINS}/{plugin_id}"))
    with app.app_context():
        automatic.run(leased, tools(app))
        with unit_of_work(writing=False):
            assert db.session.get_one(Job, leased.id).state == "done"


def test_a_review_that_is_given_up_says_why_and_people_decide(app: Flask, who: People) -> None:
    plugin_id = submitted(who)
    leased = leased_of(app)
    with app.app_context(), unit_of_work():
        automatic.give_up(leased, "the disk is gone")
    found = result(who, plugin_id)
    assert (found["status"], found["error"], found["overall_score"], found["issues"]) == (
        "failed", "the disk is gone", None, [],
    )  # fmt: skip
    decide(who.reviewer, plugin_id)
    assert shown(who.nobody, plugin_id)["status"] == "published"


def test_reviewing_is_for_reviewers(app: Flask, who: People) -> None:
    plugin_id = submitted(who)
    stranger = add_user(app, "stranger", Role.DEVELOPER)
    for api in (who.nobody, who.user, who.developer, stranger):
        expected = 401 if api is who.nobody else 403
        assert api.get(f"{V1}/admin/plugins/{plugin_id}/auto-review/result").status_code == expected
        assert api.post(f"{V1}/admin/plugins/{plugin_id}/auto-review").status_code == expected


def test_the_page_has_words_for_everything_that_code_can_do() -> None:
    """The API tells what an assembly uses by name; the page says it in both languages."""
    start = "admin.reviews.capability."
    words = {key.removeprefix(start): pair for key, pair in CATALOGUE.items() if key.startswith(start)}
    rules = [rule for found in capabilities.MEMBERS.values() for rule in found]
    assert words.keys() == capabilities.CAPABILITIES.keys() | {rule.capability for rule in rules}
