"""What a reviewed version changes, file by file, on the marketplace surface."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Any, Final

import orjson

from ... import errors
from ...bundle import Limits
from ...bundle.diff.files import LINE_MAX, Facts, TextDiff
from ...bundle.diff.matching import Line
from ...bundle.diff.texts import Text, pieces
from ...bundle.inventory import FileFacts
from ...caching import LoadingCache
from ...context import context
from ...database.unit_of_work import unit_of_work
from ...services.accounts.tokens import Actor
from ...services.reviews import changes
from ...services.reviews.changes import Looked, Pair
from ..core import packages
from ..core.surface import Answer
from . import market
from .reviews import REVIEW
from .schemas import changes as schemas
from .schemas.base import pagination

_REFUSED: Final = (errors.ReviewNotFound, errors.FileMissing, errors.ServerBusy)
# Of what was compared lately, 16 MiB: packages never change.
_rendered: Final[LoadingCache[Hashable, bytes]] = LoadingCache(16 << 20, lambda kept: len(kept) <= 4 << 20, len)


@market.operation(
    "GET",
    "/admin/reviews/<review_id>/changes",
    access="review.view",
    path=REVIEW,
    query=schemas.ChangesQuery,
    answer=schemas.ChangedFiles,
    transaction="own",
    errors=_REFUSED,
)
def listed(review_id: str, query: dict[str, Any], actor: Actor) -> Answer:
    """The files that the reviewed version adds, removes and changes, by path, with what they are on both sides."""
    pair = _pair(review_id)
    asked = ("files", query["page"], query["limit"])
    return Answer(orjson.Fragment(_kept(pair, asked, lambda limits: _files(pair, query, limits))))


@market.operation(
    "GET",
    "/admin/reviews/<review_id>/changes/diff",
    access="review.view",
    path=REVIEW,
    query=schemas.FileQuery,
    answer=schemas.TextDiff,
    transaction="own",
    errors=(*_REFUSED, errors.ChangedFileNotFound),
)
def diff(review_id: str, query: dict[str, Any], actor: Actor) -> Answer:
    """One changed text, line by line. What cannot be seen in it is spelled out."""
    pair = _pair(review_id)
    return Answer(orjson.Fragment(_kept(pair, ("diff", query["path"]), lambda limits: _diff(pair, query, limits))))


def _pair(review_id: str) -> Pair:
    with unit_of_work(writing=False):
        return changes.pair_of(review_id)


def _kept(pair: Pair, asked: Hashable, make: Any) -> bytes:
    """An answer's data, from the cache. Making it unpacks files, so each client waits for its turn."""
    limits = packages.limits()

    def load() -> bytes:
        with packages.in_turn():
            return orjson.dumps(make(limits))

    return _rendered.load((pair, asked, limits), load)


def _files(pair: Pair, query: dict[str, Any], limits: Limits) -> dict[str, Any]:
    found = changes.listed(pair, context().storage, limits)
    first = (query["page"] - 1) * query["limit"]
    shown = changes.looked_at(pair, found[first : first + query["limit"]], context().storage, limits)
    counts = Counter(one.state for one in found)
    return {
        "against": pair.before and pair.before.version,
        "counts": {state: counts[state] for state in ("added", "removed", "changed")},
        "files": [_file(one) for one in shown],
        "pagination": pagination(query, len(found)),
    }


def _file(one: Looked) -> dict[str, Any]:
    return {
        "path": one.file.path,
        "state": one.file.state,
        "before": _side(one.file.before, one.before),
        "after": _side(one.file.after, one.after),
        "references": _references(one.before, one.after),
    }


def _side(file: FileFacts | None, facts: Facts | None) -> dict[str, Any] | None:
    if file is None or facts is None:
        return None
    found = facts.assembly
    assembly = found and {
        "name": found.name,
        "version": found.version,
        "target_framework": found.target_framework,
        "architecture": found.architecture,
    }
    return {
        "size": file.size,
        "sha256": file.sha256,
        "kind": facts.kind,
        "text": _text(facts.text),
        "assembly": assembly,
    }


def _references(was: Facts | None, now: Facts | None) -> dict[str, list[str]] | None:
    """What an assembly newly refers to, and no longer; None where a side is none, or was not read to its end."""
    sides = [side.assembly for side in (was, now) if side is not None]
    if not all(sides):
        return None
    old, new = (set(side.assembly.references) if side and side.assembly else set() for side in (was, now))
    return {"added": sorted(new - old), "removed": sorted(old - new)}


def _text(text: Text | None) -> dict[str, Any] | None:
    if text is None:
        return None
    return {
        "encoding": text.encoding,
        "line_endings": text.line_endings,
        "ends_with_newline": text.ends_with_newline,
        "lines": len(text.lines),
        "invalid": text.invalid,
        "hidden": text.hidden,
    }


def _diff(pair: Pair, query: dict[str, Any], limits: Limits) -> dict[str, Any]:
    file, found = changes.text_diff(pair, query["path"], context().storage, limits)
    return {
        "path": file.path,
        "state": file.state,
        "against": pair.before and pair.before.version,
        "refused": found.refused,
        "before": _text(found.before),
        "after": _text(found.after),
        "hunks": _hunks(found),
        "more_lines": found.more_lines,
        "is_rough": found.is_rough,
    }


def _hunks(found: TextDiff) -> list[dict[str, Any]]:
    return [
        {
            "old_start": hunk.old_start,
            "old_lines": hunk.old_lines,
            "new_start": hunk.new_start,
            "new_lines": hunk.new_lines,
            "lines": [_line(line) for line in hunk.lines],
        }
        for hunk in found.hunks
    ]


def _line(line: Line) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "old": line.old,
        "new": line.new,
        "pieces": [piece._asdict() for piece in pieces(line.text, LINE_MAX)],
        "cut": max(0, len(line.text) - LINE_MAX),
    }
