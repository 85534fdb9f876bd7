"""Which lines two texts have in common, in bounded time whatever they are."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

LineKind = Literal["same", "removed", "added"]
CONTEXT: Final = 3
# Steps of the exact search: some 100 ms and 20 MiB of them. Where they are used up, what is between two common
# lines counts as replaced.
STEPS: Final = 250_000


class Run(NamedTuple):
    """So many equal lines, from these places on; places are counted from 0."""

    old: int
    new: int
    length: int


class Line(NamedTuple):
    """A line of a hunk: its numbers in both texts, from 1 on, None where it is not in one."""

    kind: LineKind
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """Changes that are close to each other, with the lines around them. Starts are counted from 1."""

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """The lines that are the same. `is_rough`: the texts differ too much to find the fewest changes."""

    runs: tuple[Run, ...]
    is_rough: bool


def match(old: Sequence[str], new: Sequence[str], steps: int = STEPS) -> Matched:
    """The runs of equal lines, in order.

    Lines that each text has once are matched first (in the longest order they share); between those the fewest
    changes are searched for, as long as there are steps left.
    """
    search = _Search(old, new, steps)
    start = search.beginning(0, len(old), 0, len(new))
    end = search.ending(start, len(old), start, len(new))
    at_old = at_new = start
    for was, now in [*_anchors(old, new, start, end), (len(old) - end, len(new) - end)]:
        if was >= at_old and now >= at_new:
            search.between(at_old, was, at_new, now)
            at_old, at_new = was, now
    search.add(len(old) - end, len(new) - end, end)
    return Matched(tuple(_joined(search.runs)), search.is_rough)


def hunks(old: Sequence[str], new: Sequence[str], matched: Matched, context: int = CONTEXT) -> Iterator[Hunk]:
    """The changes with so many equal lines around them, from the top on."""
    group: list[tuple[int, int, int, int]] = []
    for change in _changes(matched.runs, len(old), len(new)):
        if group and change[0] - group[-1][1] > 2 * context:
            yield _hunk(old, new, group, context)
            group = []
        group.append(change)
    if group:
        yield _hunk(old, new, group, context)


class _Search:
    def __init__(self, old: Sequence[str], new: Sequence[str], steps: int) -> None:
        self._old, self._new, self._steps = old, new, steps
        self.runs: list[Run] = []
        self.is_rough = False

    def add(self, old: int, new: int, length: int) -> None:
        if length:
            self.runs.append(Run(old, new, length))

    def beginning(self, old: int, old_end: int, new: int, new_end: int) -> int:
        """Match what both begin with; how many lines that are."""
        length, most = 0, min(old_end - old, new_end - new)
        while length < most and self._old[old + length] == self._new[new + length]:
            length += 1
        self.add(old, new, length)
        return length

    def ending(self, old: int, old_end: int, new: int, new_end: int) -> int:
        """How many lines both end with."""
        length, most = 0, min(old_end - old, new_end - new)
        while length < most and self._old[old_end - 1 - length] == self._new[new_end - 1 - length]:
            length += 1
        return length

    def between(self, old: int, old_end: int, new: int, new_end: int) -> None:
        """Match the lines between two places that are matched."""
        length = self.beginning(old, old_end, new, new_end)
        old, new = old + length, new + length
        end = self.ending(old, old_end, new, new_end)
        if old < old_end - end and new < new_end - end:
            self._fewest(old, old_end - end, new, new_end - end)
        self.add(old_end - end, new_end - end, end)

    def _fewest(self, old: int, old_end: int, new: int, new_end: int) -> None:
        """Myers, An O(ND) difference algorithm (1986), greedy and with a limit."""
        height, width = old_end - old, new_end - new
        reach: dict[int, int] = {1: 0}
        trace: list[dict[int, int]] = []
        for count in range(height + width + 1):
            trace.append(dict(reach))
            # Copies cost as well.
            self._steps -= 2 * count + 1
            for diagonal in range(-count, count + 1, 2):
                is_down = diagonal == -count or (diagonal != count and reach[diagonal - 1] < reach[diagonal + 1])
                x = reach[diagonal + 1] if is_down else reach[diagonal - 1] + 1
                begun = x
                while x < height and x - diagonal < width and self._old[old + x] == self._new[new + x - diagonal]:
                    x += 1
                self._steps -= x - begun
                reach[diagonal] = x
                if x >= height and x - diagonal >= width:
                    self._walk_back(old, new, height, width, trace)
                    return
            if self._steps < 0:
                self.is_rough = True
                return

    def _walk_back(self, old: int, new: int, x: int, y: int, trace: list[dict[int, int]]) -> None:
        found: list[Run] = []
        for count in range(len(trace) - 1, -1, -1):
            reach, diagonal = trace[count], x - y
            is_down = diagonal == -count or (diagonal != count and reach[diagonal - 1] < reach[diagonal + 1])
            before = diagonal + 1 if is_down else diagonal - 1
            from_x = reach[before] if count else 0
            from_y = from_x - before if count else 0
            after_x = from_x if is_down or not count else from_x + 1
            length = x - after_x
            if length > 0:
                found.append(Run(old + after_x, new + y - length, length))
            x, y = from_x, from_y
        self.runs += reversed(found)


def _anchors(old: Sequence[str], new: Sequence[str], start: int, end: int) -> list[tuple[int, int]]:
    """Places of lines that both texts have once, in the longest sequence that is in order in both."""
    was, now = (Counter(text[start : len(text) - end]) for text in (old, new))
    places = {line: place for place, line in enumerate(new[start : len(new) - end], start) if now[line] == 1}
    pairs = [
        (place, places[line])
        for place, line in enumerate(old[start : len(old) - end], start)
        if was[line] == 1 and line in places
    ]
    # Patience sorting: the smallest end of a rising sequence of each length, and the pair before each.
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [index]
    found: list[tuple[int, int]] = []
    index = last[-1] if last else -1
    while index >= 0:
        found.append(pairs[index])
        index = before[index]
    return found[::-1]


def _joined(runs: list[Run]) -> Iterator[Run]:
    current: Run | None = None
    for run in runs:
        if current and (current.old + current.length, current.new + current.length) == (run.old, run.new):
            current = Run(current.old, current.new, current.length + run.length)
        else:
            if current:
                yield current
            current = run
    if current:
        yield current


def _changes(runs: Sequence[Run], height: int, width: int) -> Iterator[tuple[int, int, int, int]]:
    """What lies between the runs: first and last place in the old text, and in the new one."""
    old = new = 0
    for run in (*runs, Run(height, width, 0)):
        if run.old > old or run.new > new:
            yield old, run.old, new, run.new
        old, new = run.old + run.length, run.new + run.length


def _hunk(old: Sequence[str], new: Sequence[str], group: list[tuple[int, int, int, int]], context: int) -> Hunk:
    first, last = group[0], group[-1]
    above = min(context, first[0], first[2])
    below = min(context, len(old) - last[1], len(new) - last[3])
    lines: list[Line] = []
    at_old, at_new = first[0] - above, first[2] - above
    for was, was_end, now, now_end in [*group, (last[1] + below, last[1] + below, last[3] + below, last[3] + below)]:
        lines += (Line("same", i + 1, at_new + i - at_old + 1, old[i]) for i in range(at_old, was))
        lines += (Line("removed", i + 1, None, old[i]) for i in range(was, was_end))
        lines += (Line("added", None, j + 1, new[j]) for j in range(now, now_end))
        at_old, at_new = was_end, now_end
    counts = Counter(line.kind for line in lines)
    old_lines, new_lines = counts["same"] + counts["removed"], counts["same"] + counts["added"]
    return Hunk(
        first[0] - above + (old_lines > 0), old_lines, first[2] - above + (new_lines > 0), new_lines, tuple(lines)
    )
