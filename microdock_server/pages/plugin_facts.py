"""What a plugin's page says. Within a unit of work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from ..api.core.links import web_address
from ..clock import iso, utcnow
from ..context import context
from ..media import prose
from ..messages import Language
from ..models import Plugin, Rating
from ..models.image import ICON, SCREENSHOT
from ..services import accounts, developers, plugins, ratings
from ..services.catalog import categories, dependents
from ..services.catalog.dependents import Dependent
from ..services.developers import Profile
from ..services.paging import page_count
from ..services.plugins import downloads, images, texts
from . import charts, permissions, releases, trust
from .charts import Chart
from .permissions import Permission
from .releases import Releases
from .shelves import image_path
from .trust import Trust

RATINGS_SHOWN: Final = 10
DEPENDENTS_SHOWN: Final = 12
# Characters of the description at the head of the page, and for machines; the rest stands below.
LEAD: Final = 280


@dataclass(frozen=True, slots=True)
class Screenshot:
    """A picture and its size in pixels."""

    path: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Need:
    """A plugin that this one needs. `title` is None where the catalogue has none of this name that is published."""

    name: str
    range: str
    title: str | None


@dataclass(frozen=True, slots=True)
class Opinions:
    """One page of ratings; `pages` in all."""

    rows: Sequence[Rating]
    authors: Mapping[str, str]
    distribution: Mapping[str, int]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class PluginFacts:
    """Everything that the page of one plugin shows."""

    plugin: Plugin
    releases: Releases
    lead: str
    rest: str | None
    description: Markup
    icon: str | None
    screenshots: Sequence[Screenshot]
    developer: Profile | None
    category: Any
    downloads: int
    chart: Chart
    permissions: Sequence[Permission] | None
    needs: Sequence[Need]
    needed_by: Sequence[Dependent]
    needed_by_count: int
    replacement: Plugin | None
    opinions: Opinions
    trust: Trust

    @property
    def links(self) -> Sequence[tuple[str, str]]:
        """Addresses of the plugin's makers, by what they are."""
        developer = self.developer.developer if self.developer else None
        found = (
            ("homepage", self.plugin.homepage),
            ("repository", self.plugin.repository),
            ("website", developer.website if developer else ""),
        )
        return [(key, address) for key, written in found if (address := web_address(written or ""))]

    @property
    def described(self) -> dict[str, Any]:
        """The plugin as schema.org's SoftwareApplication."""
        plugin, version = self.plugin, self.releases.current.row
        described: dict[str, Any] = {
            "@context": "https://schema.org",
            "@type": "SoftwareApplication",
            "name": plugin.display_name,
            "description": self.lead,
            "softwareVersion": version.version,
            "applicationCategory": "DesktopEnhancementApplication",
            "fileSize": str(version.file_size),
            "datePublished": iso(version.published_at or version.created_at),
        }
        if version.license:
            described["license"] = version.license
        if self.developer is not None:
            described["author"] = {"@type": "Person", "name": self.developer.display_name}
        if plugin.rating_average is not None:
            described["aggregateRating"] = {
                "@type": "AggregateRating",
                "ratingValue": round(plugin.rating_average, 2),
                "ratingCount": plugin.rating_count,
                "bestRating": 5,
                "worstRating": 1,
            }
        return described


def of(name: str, language: Language, ratings_page: int = 1) -> PluginFacts | None:
    """The facts about a published plugin; None where it has no such page of ratings. Raises PluginNotFound."""
    plugin = plugins.get_public(name)
    opinions = _opinions(plugin, ratings_page)
    if opinions is None:
        return None
    shown = images.of(plugin)
    icon = next((image for image in shown if image.kind == ICON), None)
    offered = releases.of(plugin, language)
    version = offered.current.row
    developer = developers.named([plugin.owner_id]).get(plugin.owner_id or "")
    others = _public([*version.dependencies, *filter(None, [plugin.replacement])])
    today = utcnow().date()
    counts = downloads.by_day(plugin, charts.first_day(today))
    needed_by = dependents.of(plugin.name)
    return PluginFacts(
        plugin=plugin,
        releases=offered,
        lead=_shortened(plugin.description),
        rest=plugin.description if len(plugin.description) > LEAD else None,
        description=prose.in_page(texts.long_description_html(plugin, context().autocommit), below=2),
        icon=None if icon is None else image_path(plugin.id, icon.id),
        screenshots=[
            Screenshot(image_path(plugin.id, image.id), image.width, image.height)
            for image in shown
            if image.kind == SCREENSHOT
        ],
        developer=developer,
        category=categories.find(plugin.category_id),
        downloads=downloads.total(plugin),
        chart=charts.of(counts, today),
        permissions=permissions.of(version),
        needs=list(_needs(version.dependencies, others)),
        needed_by=needed_by[:DEPENDENTS_SHOWN],
        needed_by_count=len(needed_by),
        replacement=others.get((plugin.replacement or "").lower()),
        opinions=opinions,
        trust=trust.of(version, developer),
    )


def _opinions(plugin: Plugin, page: int) -> Opinions | None:
    pages = max(1, page_count(plugin.rating_count, RATINGS_SHOWN))
    if page > pages:
        return None
    rows = (
        ratings.newest(plugin, skipped=(page - 1) * RATINGS_SHOWN, count=RATINGS_SHOWN) if plugin.rating_count else ()
    )
    authors = accounts.usernames(row.user_id for row in rows)
    return Opinions(rows, authors, ratings.distribution(plugin), page, pages)


def _public(names: Sequence[str]) -> dict[str, Plugin]:
    """Published plugins of these names, by their name in lower case."""
    return {plugin.name_key: plugin for plugin in plugins.with_names(names) if plugin.is_public}


def _needs(dependencies: Mapping[str, str], known: Mapping[str, Plugin]) -> Iterator[Need]:
    for name, needed in dependencies.items():
        found = known.get(name.lower())
        yield Need(name if found is None else found.name, needed, None if found is None else found.display_name)


def _shortened(description: str) -> str:
    if len(description) <= LEAD:
        return description
    return description[: LEAD - 1].rstrip() + "…"
