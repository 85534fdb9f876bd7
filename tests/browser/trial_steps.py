"""Tasks as lists of steps by role and visible words, and what they cost: clicks, fields, pixels scrolled.

A step that the page does not need (a menu that is open, a review that was started) is left out where it is marked
`maybe`; a step that is needed follows it. Nothing is measured by a clock.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from playwright.sync_api import FilePayload, Locator, expect

from .page import Admin

Act = Literal["click", "fill", "file", "see"]
Role = Literal["button", "checkbox", "combobox", "link", "option", "radio", "tab", "textbox"]

_ROWS = "main tr, main li, main article, main .card"

# Scrolls until the element is in view and nothing covers it; answers by how many pixels, up or down, in all.
_REACH = """(element) => {
  const boxes = []
  for (let at = element.parentElement; at !== null; at = at.parentElement) boxes.push(at)
  if (!boxes.includes(document.scrollingElement)) boxes.push(document.scrollingElement)
  const before = boxes.map((box) => box.scrollTop)
  const free = () => {
    const {left, top, width, height} = element.getBoundingClientRect()
    const hit = document.elementFromPoint(left + width / 2, top + height / 2)
    return hit !== null && (element.contains(hit) || hit.contains(element))
  }
  element.scrollIntoView({block: 'nearest', behavior: 'instant'})
  if (!free()) element.scrollIntoView({block: 'center', behavior: 'instant'})
  return boxes.reduce((sum, box, place) => sum + Math.abs(box.scrollTop - before[place]), 0)
}"""
# How far below the top of the page it is; of what stays in view, how far below the top of the window.
_DEPTH = """(element) => {
  let scrolled = document.scrollingElement.scrollTop
  for (let at = element; at !== null; at = at.parentElement) {
    if (['sticky', 'fixed'].includes(getComputedStyle(at).position)) scrolled = 0
  }
  return element.getBoundingClientRect().top + scrolled
}"""
# Element Plus draws a label in place of a box, a choice or a file field.
_DRAWN = """(element) => {
  const isDrawn = ['checkbox', 'radio', 'file'].includes(element.type)
  return (isDrawn && element.closest('label')) || element
}"""


@dataclass(frozen=True)
class Step:
    """One thing that somebody does. `words` is a pattern of the name that the thing is known by; of what is to be seen,
    of the address under which it is.

    `of` is what it is in: `navigation`, `dialog`, or a pattern of the text of a row or card; `place` counts what is
    alike, from 0. `decides`: this is what the task's decision is made with.
    """

    act: Act
    role: Role
    words: str
    text: str = ""
    of: str | None = None
    place: int = 0
    maybe: bool = False
    decides: bool = False


@dataclass(frozen=True)
class Task:
    """A task, and who does it. At most so many clicks, and pixels scrolled: where it is wide, and on a phone."""

    username: str
    steps: Sequence[Step]
    most_clicks: tuple[int, int]
    most_scrolled: tuple[int, int]


@dataclass
class Cost:
    """What a task cost. `depth`: how far below the top of its page the decision is; `-1` until it was reached."""

    clicks: int = 0
    fields: int = 0
    scrolled: int = 0
    depth: int = -1


def click(role: Role, words: str, **more: Any) -> Step:
    return Step("click", role, words, **more)


def fill(words: str, text: str, **more: Any) -> Step:
    return Step("fill", "textbox", words, text=text, **more)


def menu(words: str) -> Sequence[Step]:
    """The way to a page; where it is narrow the menu is opened first."""
    return (click("button", "^Menu$", maybe=True), click("link", words, of="navigation"))


def walk(admin: Admin, task: Task, file: FilePayload | None = None) -> Cost:
    """Do the task, from where the page is; what it cost. Fails where a step that is needed cannot be done."""
    cost = Cost()
    for number, step in enumerate(task.steps):
        where = found(admin, step)
        if step.maybe:
            # One of both comes: what may be needed, or what is needed next.
            expect(where.or_(found(admin, task.steps[number + 1])).first).to_be_attached()
            if where.count() == 0:
                continue
        if step.act == "see":
            # What is typed is asked for a moment later: until then the list is the one before.
            expect(admin.page).to_have_url(re.compile(step.words))
            admin.settled()
        expect(where.nth(step.place)).to_be_attached()
        element = where.nth(step.place).evaluate_handle(_DRAWN).as_element()
        assert element is not None
        cost.scrolled += element.evaluate(_REACH)
        if step.decides:
            cost.depth = round(element.evaluate(_DEPTH))
        if step.act == "fill":
            cost.fields += 1
            where.nth(step.place).fill(step.text)
        elif step.act == "file":
            assert file is not None
            cost.clicks += 1
            where.nth(step.place).set_input_files(file)
        elif step.act == "click":
            cost.clicks += 1
            element.click()
        admin.settled()
        admin.still()
    return cost


def found(admin: Admin, step: Step) -> Locator:
    """What a step is about, as far as it can be seen."""
    page, words = admin.page, re.compile(step.words)
    if step.of is None:
        around = page.locator("body")
    elif step.of == "navigation":
        around = page.get_by_role("navigation").locator("visible=true").last
    elif step.of == "dialog":
        around = page.get_by_role("dialog").locator("visible=true").last
    else:
        # The innermost: what it is in has the same text.
        around = page.locator(_ROWS).filter(has_text=re.compile(step.of)).locator("visible=true").last
    if step.act == "see":
        return around
    if step.act == "file":
        return around.locator("input[type=file]")
    if step.role == "textbox" and step.words:
        return around.get_by_label(words).locator("visible=true")
    named = around.get_by_role(step.role, name=words)
    # Boxes are drawn by their labels.
    return named if step.role == "checkbox" else named.locator("visible=true")
