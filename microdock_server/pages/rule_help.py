"""Help about rules: what is checked, what could go wrong, and what to do. Served without the gallery too."""

from __future__ import annotations

from flask import Response
from werkzeug.exceptions import NotFound

from ..messages.rule_help import HELP, TOPICS
from .documents import kept
from .views import always, page
from .writing import Visit


@page("/help/rules", always)
def rules() -> Response:
    """All rules, by topic."""
    visit = Visit.of_request()
    return kept(lambda: visit.render("rules.html", topics=TOPICS), visit)


@page("/help/rules/<rule>", always)
def rule(rule: str) -> Response:
    """The help about one rule."""
    if rule not in HELP:
        raise NotFound
    visit = Visit.of_request()
    topic = next(topic for topic, rules in TOPICS.items() if rule in rules)
    return kept(lambda: visit.render("rule.html", rule=rule, topic=topic), visit)
