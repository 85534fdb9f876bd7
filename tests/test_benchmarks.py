"""The benchmark without measuring: what is made of rounds, how results are kept, and the texts written from them."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks import client, relay, report, store, summary
from benchmarks.pages import PAGES, list_paths, search_paths
from benchmarks.results import (
    NOT_MEASURED,
    Goal,
    NotMeasured,
    Row,
    Samples,
    Section,
    judged,
    logging_row,
    per_second,
    race,
    ratio_row,
    spread_of,
    value_row,
    warm_race,
    worst_row,
)
from benchmarks.stage import QUICK
from benchmarks.store import Conditions, Measured

AT_LEAST, AT_MOST = Goal(0.5), Goal(10, at_most=True, unit=" ms")
# Rows that the kept results are too old to have.
NOT_YET = {
    "start to first 200",
    *(line.what for line in summary.TABLES["logging"].lines),
}


def beside(*ratios: float) -> Row:
    """A row of rounds with these ratios."""
    mine, other = Samples([each * 100 for each in ratios]), Samples([100.0] * len(ratios))
    return ratio_row("it", mine, other, "another", AT_LEAST, show=per_second)


class TestRounds:
    def test_a_ratio_is_the_median_of_the_rounds_ratios(self) -> None:
        row = ratio_row("it", Samples([10, 40, 90]), Samples([10, 80, 100]), "another", AT_LEAST, show=per_second)
        assert (row.measured, row.against, row.ratio) == ("40 req/s", "another: 80 req/s", "0.9×")
        assert row.rounds == {"measured": [10, 40, 90], "another": [10, 80, 100]}

    def test_the_spread_is_the_smallest_and_the_largest_ratio(self) -> None:
        assert beside(0.6, 0.5, 0.75).spread == "0.5 to 0.75×"
        assert spread_of([3, 7, 4], " ms") == "3 to 7 ms"
        assert spread_of([3], " ms") == "one value"

    def test_rounds_that_differ_by_more_than_twice_have_no_verdict(self) -> None:
        assert beside(0.5, 0.8, 1.0).verdict == "met"
        assert beside(0.4, 0.8, 1.0).verdict == "rounds differ by 2.5×"
        assert beside(0.3, 0.35, 0.4).verdict == "**missed**"
        assert value_row("it", [3, 4, 9], AT_MOST).verdict == "rounds differ by 3×"
        assert value_row("it", [5, 8, 9], AT_MOST).verdict == "met"

    def test_rows_without_a_goal_say_so_too(self) -> None:
        assert judged(None, 1, [1, 3]) == "rounds differ by 3×"
        assert judged(None, 1, [1, 2]) == ""

    def test_nothing_beside_something_is_far_apart_and_nothing_beside_nothing_is_not(self) -> None:
        assert judged(AT_MOST, 0, [0, 1]) == "rounds differ by any factor"
        assert judged(AT_MOST, 0, [0, 0]) == "met"

    def test_the_worst_round_is_judged_however_far_the_others_are(self) -> None:
        row = worst_row("it", [1, 9, 2], AT_MOST)
        assert (row.measured, row.spread, row.verdict) == ("9 ms", "1 to 9 ms", "met")
        assert worst_row("it", [1, 11], AT_MOST).verdict == "**missed**"
        assert worst_row("it", [0.4, 2], AT_LEAST).verdict == "**missed**"

    def test_logging_may_cost_a_tenth(self) -> None:
        samples = {"INFO": Samples([90.0, 95.0]), "WARNING": Samples([100.0, 100.0])}
        row = logging_row("it", samples, show=per_second)
        assert (row.what, row.log, row.ratio) == ("it, INFO beside WARNING", "INFO", "0.925×")
        assert (row.goal, row.verdict) == ("≥ 0.9×", "met")

    def test_what_fails_is_out_and_says_why(self) -> None:
        def fail() -> float:
            raise NotMeasured("wrk is not installed")

        samples = race({"good": lambda: 1.0, "bad": fail}, 3)
        assert samples["good"].values == [1.0] * 3
        row = ratio_row("it", samples["good"], samples["bad"], "bad", AT_LEAST, show=per_second)
        assert (row.measured, row.against, row.spread) == (NOT_MEASURED, "wrk is not installed", NOT_MEASURED)
        assert (row.goal, row.verdict) == ("≥ 0.5×", NOT_MEASURED)

    def test_the_first_run_does_not_count(self) -> None:
        runs = iter((99.0, 1.0, 2.0))
        assert warm_race({"it": lambda: next(runs)}, 2)["it"].values == [1.0, 2.0]


def measured(title: str, *rows: Row, day: str = "2026-01-02 03:04") -> Measured:
    return Measured(Section(title, list(rows), ["a note"]), Conditions(day))


class TestKeeping:
    def test_one_section_is_replaced_and_the_others_stay(self, tmp_path: Path) -> None:
        path, order = tmp_path / "results.json", ("one", "two", "three")
        for name in ("two", "one"):
            store.keep(name, measured(f"{name} before", beside(0.5, 0.6)), order, path)
        before = store.load(path)
        store.keep("one", measured("one after", beside(0.7, 0.8), day="2026-02-03 04:05"), order, path)
        after = store.load(path)
        assert list(after) == ["one", "two"]
        assert after["two"] == before["two"]
        assert (after["one"].section.title, after["one"].day) == ("one after", "2026-02-03")

    def test_every_rounds_values_are_kept(self, tmp_path: Path) -> None:
        path, row = tmp_path / "results.json", beside(1 / 3, 0.5)
        store.keep("one", measured("one", row), ("one",), path)
        [kept] = store.load(path)["one"].section.rows
        assert kept.rounds == {"measured": [33.3333, 50.0], "another": [100.0, 100.0]}
        assert replace(kept, rounds={}) == replace(row, rounds={})

    def test_conditions_say_when_on_what_and_how(self, tmp_path: Path) -> None:
        path = tmp_path / "results.json"
        store.keep("one", Measured(Section("one"), store.conditions(QUICK, 90)), ("one",), path)
        kept = json.loads(path.read_text(encoding="utf-8"))["one"]["conditions"]
        assert kept["minutes"] == 1.5
        assert kept["plan"]["rounds"] == QUICK.rounds
        assert {"measured", "processors", "processor", "memory_gib", "load", "kernel"} <= kept.keys()
        assert {"Python", "SQLite", "Flask", "gunicorn", "SQLAlchemy"} == kept["versions"].keys()

    def test_the_file_is_written_as_it_is_read(self) -> None:
        assert store.encode(store.load()) == store.RESULTS.read_text(encoding="utf-8")


@pytest.fixture
def experiments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two experiments, one of which can never be measured; where their results and texts are kept."""

    def fail(_: object) -> Section:
        raise NotMeasured("nginx is not installed")

    document = tmp_path / "document.md"
    document.write_text("before\n<!-- generated: large -->\n<!-- end -->\nafter\n")
    monkeypatch.setattr(bench, "EXPERIMENTS", {"good": lambda _: Section("Good", [beside(0.5, 0.6)]), "bad": fail})
    monkeypatch.setattr(bench, "TEXT", tmp_path / "RESULTS.md")
    monkeypatch.setattr(store.load, "__defaults__", (tmp_path / "results.json",))
    monkeypatch.setattr(store.keep, "__defaults__", (tmp_path / "results.json",))
    monkeypatch.setattr(summary.write, "__defaults__", ((document,),))
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["bench", *arguments])
    # The process of the tests goes on, and ends when it likes.
    monkeypatch.setattr(bench.signal, "signal", lambda *_: None)
    monkeypatch.setattr(bench.signal, "alarm", lambda _: None)
    bench.main()


class TestCommand:
    def test_quick_writes_nothing(
        self, experiments: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = {path: path.read_bytes() for path in experiments.iterdir()}
        run(monkeypatch, "--quick", "--only", "good")
        assert "## Good" in capsys.readouterr().out
        assert {path: path.read_bytes() for path in experiments.iterdir()} == before

    def test_what_was_measured_is_kept_and_written(self, experiments: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        run(monkeypatch, "--only", "good")
        assert list(store.load(experiments / "results.json")) == ["good"]
        text = (experiments / "RESULTS.md").read_text(encoding="utf-8")
        assert "## Good" in text
        assert "not_measured: bad." in text
        document = (experiments / "document.md").read_text(encoding="utf-8")
        assert document.startswith("before\n<!-- generated: large -->\n| what |")
        assert document.endswith("<!-- end -->\nafter\n")

    def test_what_could_not_be_measured_leaves_what_was(
        self, experiments: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.keep("bad", measured("Bad before"), ("good", "bad"), experiments / "results.json")
        with pytest.raises(SystemExit, match="bad"):
            run(monkeypatch)
        kept = store.load(experiments / "results.json")
        assert [one.section.title for one in kept.values()] == ["Good", "Bad before"]


class TestTexts:
    def test_the_report_is_what_the_results_say(self) -> None:
        assert bench.TEXT.read_text(encoding="utf-8") == report.render(store.load(), bench.EXPERIMENTS)

    @pytest.mark.parametrize("path", summary.DOCUMENTS, ids=lambda path: path.name)
    def test_tables_of_documents_are_what_the_results_say(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert summary.render(text, store.load()) == text

    def test_every_table_stands_in_a_document(self) -> None:
        texts = "".join(path.read_text(encoding="utf-8") for path in summary.DOCUMENTS)
        assert all(texts.count(f"<!-- generated: {name} -->") == 1 for name in summary.TABLES)

    def test_every_section_is_an_experiment(self) -> None:
        assert store.load().keys() <= bench.EXPERIMENTS.keys()
        lines = [line for table in summary.TABLES.values() for line in table.lines]
        assert {line.section for line in lines} <= bench.EXPERIMENTS.keys()

    def test_every_line_has_rows_where_its_section_was_measured(self) -> None:
        results = store.load()
        lines = [line for table in summary.TABLES.values() for line in table.lines if line.section in results]
        missing = {line.what for line in lines if not all(summary.found_rows(line, results))}
        assert missing <= NOT_YET

    def test_every_ratio_has_a_spread_or_says_that_it_is_not_known(self) -> None:
        rows = [row for one in store.load().values() for row in one.section.rows]
        assert all(row.spread for row in rows if row.ratio)


def shown(*rows: Row, show: str = summary.RATIO, levels: tuple[str, ...] = ()) -> list[str]:
    """The cells of a table's only line."""
    patterns = tuple(dict.fromkeys(row.what for row in rows)) or ("it",)
    line = summary.Line("what it is", "one", patterns, show=show)
    results = {"one": measured("One", *rows)} if rows else {}
    text = summary.table(summary.Table((line,), levels), results)
    return [cell.strip() for cell in text.splitlines()[-1].strip("|").split("|")]


class TestTables:
    def test_a_figure_that_missed_is_bold(self) -> None:
        assert shown(beside(0.5, 0.6)) == ["what it is", "0.55 ×", "≥ 0.5 ×", "2026-01-02"]
        assert shown(beside(0.4, 0.4))[1] == "**0.4 ×**"

    def test_rounds_that_are_too_far_apart_are_said_to_be(self) -> None:
        assert shown(beside(0.4, 0.9))[1] == "0.65 × (rounds differ by 2.25×)"

    def test_nothing_measured_is_said(self) -> None:
        assert shown() == ["what it is", NOT_MEASURED, "–", "–"]

    def test_several_rows_are_shown_by_their_ends(self) -> None:
        rows = [Row("it", measured=f"{value} ms") for value in ("9", "1,000", "10")]
        assert shown(*rows, show=summary.MEASURED)[1] == "9 ms to 1,000 ms"

    def test_each_pattern_has_a_figure_of_its_own(self) -> None:
        rows = [Row("a", measured="1 ms"), Row("b", measured="2 ms", verdict="**missed**")]
        assert shown(*rows, show=summary.MEASURED)[1] == "1 ms; **2 ms**"

    def test_each_level_has_a_column(self) -> None:
        rows = [Row("it", "INFO", ratio="1×"), Row("it", "WARNING", ratio="2×", date="2026-03-04")]
        assert shown(*rows, levels=("INFO", "WARNING"))[1:] == ["1 ×", "2 ×", "–", "2026-01-02, 2026-03-04"]

    def test_a_marker_that_names_no_table_is_a_fault(self) -> None:
        with pytest.raises(KeyError):
            summary.render("<!-- generated: other -->\n<!-- end -->\n", {})


class TestPages:
    def test_no_page_is_asked_for_twice(self) -> None:
        for paths in (list_paths(), search_paths()):
            assert len(set(paths)) == len(paths)
            assert len(paths) > PAGES

    def test_they_are_asked_for_in_the_same_order_every_time(self) -> None:
        assert list_paths() == list_paths()
        assert search_paths() == search_paths()


def answer(listener: socket.socket) -> None:
    """Send back what comes, in capitals."""
    with listener.accept()[0] as connection:
        while part := connection.recv(1024):
            connection.sendall(part.upper())


class TestRelay:
    def test_what_is_sent_arrives_whole_and_later(self) -> None:
        seconds = 0.05
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=answer, args=(listener,), daemon=True).start()
            with (
                relay.delaying(listener.getsockname()[1], seconds * 1000) as port,
                socket.create_connection(("127.0.0.1", port)) as client,
            ):
                for text in (b"one", b"two"):
                    started = time.perf_counter()
                    client.sendall(text)
                    assert client.recv(1024) == text.upper()
                    assert time.perf_counter() - started >= seconds
                client.shutdown(socket.SHUT_WR)
                assert client.recv(1024) == b""


def test_what_is_done_at_once_overlaps_and_a_failure_is_told() -> None:
    meeting = threading.Barrier(3)
    assert client.at_once(lambda number: meeting.wait(60) * 0 + number, [3, 1, 2]) == [3, 1, 2]
    with pytest.raises(NotMeasured, match="division"):
        client.at_once(lambda number: 1 / number, [1, 0])
