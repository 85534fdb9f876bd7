"""Atom feeds for people and their readers: what was published, and which plugins are blocked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from flask import Response, request
from werkzeug.http import http_date

from ... import errors
from ...clock import utcnow
from ...context import context, settings
from ...database.unit_of_work import unit_of_work
from ...messages import Language, text, written
from ...services import catalog
from ...services.catalog.revision_cache import RevisionCache
from ...services.releases import feeds
from ...services.releases.feeds import CHANGELOG_SHOWN, Blocked, BlockNews, News, Published
from ...vocabulary import PLUGIN_NAME_MAX
from ..core import preconditions
from ..core.links import absolute, page_path, version_path, web_address
from ..core.list_cache import wants_gzip
from ..core.request import language, named_language
from . import atom
from .atom import Document, Entry, Feed, Link
from .health import system

# Larger feeds are made anew for each request; a process keeps at most 10 MiB of them, with their compressed forms.
LARGEST: Final = 80 << 10
_documents: Final[RevisionCache[Document]] = RevisionCache(128, lambda document: document.size <= LARGEST)

NAME: Final = {"name": {"type": "string", "maxLength": PLUGIN_NAME_MAX}}


@system.operation(
    "GET",
    "/feeds/plugins.atom",
    file_type=atom.MEDIA_TYPE,
    transaction="own",
    errors=(errors.PreconditionFailed,),
)
def plugins() -> Response:
    """The 50 versions that were published last, as an Atom feed."""
    return _answered(_of_all, "plugins")


@system.operation(
    "GET",
    "/feeds/plugins/<name>.atom",
    path=NAME,
    file_type=atom.MEDIA_TYPE,
    transaction="own",
    errors=(errors.PluginNotFound, errors.PreconditionFailed),
)
def plugin(name: str) -> Response:
    """The versions of one plugin that were published last, at most 50, as an Atom feed."""
    return _answered(partial(_of_one, name), "plugin", name.lower())


@system.operation(
    "GET",
    "/feeds/blocks.atom",
    file_type=atom.MEDIA_TYPE,
    transaction="own",
    errors=(errors.PreconditionFailed,),
)
def blocks() -> Response:
    """The 50 blocks in force that changed last, as an Atom feed."""
    now = utcnow()
    return _answered(partial(_of_blocks, now), "blocks", str(feeds.last_expired(now, context().autocommit)))


def _answered(make: Callable[[Language], Feed], *what: str) -> Response:
    """The feed that `make` makes and `what` identifies, rendered once per change of the catalogue."""
    revision, named = catalog.committed_revision(context().autocommit), named_language()
    chosen = named or language()
    key = (*what, chosen, named, settings().public_url, settings().app_name, settings().gallery)
    return _sent(_documents.at(revision, lambda: _rendered(make, chosen), *key))


def _rendered(make: Callable[[Language], Feed], chosen: Language) -> Document:
    with unit_of_work(writing=False):
        return atom.rendered(make(chosen))


def _sent(document: Document) -> Response:
    """The document, or 304 where the client has it. Raises PreconditionFailed."""
    is_packed = wants_gzip(request.headers.get("Accept-Encoding", ""))
    etag = document.packed_etag if is_packed else document.etag
    if preconditions.is_known_since(request.environ, etag, document.modified):
        response = Response(status=304)
    else:
        data = document.packed if is_packed else document.data
        response = Response(data, content_type=f"{atom.MEDIA_TYPE}; charset=utf-8")
        if is_packed:
            response.headers["Content-Encoding"] = "gzip"
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(document.modified)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Language"] = document.language
    response.headers["Vary"] = "Accept-Encoding, Accept-Language, Origin"
    return response


def _of_all(chosen: Language) -> Feed:
    title = text("feeds.plugins", chosen, {"server": settings().app_name})
    news = feeds.newest()
    links = [_self("/feeds/plugins.atom"), *_pages("/plugins")]
    return _feed(title, news, _releases(news, chosen), chosen, links)


def _of_one(name: str, chosen: Language) -> Feed:
    news = feeds.newest_of(name)
    title = text("feeds.plugin", chosen, {"server": settings().app_name, "plugin": news.display_name})
    links = [_self(f"/feeds/plugins/{news.name}.atom"), *_pages(page_path(news.name))]
    return _feed(title, news, _releases(news, chosen), chosen, links)


def _of_blocks(now: datetime, chosen: Language) -> Feed:
    news = feeds.newest_blocks(now)
    title = text("feeds.blocks", chosen, {"server": settings().app_name})
    entries = [_block(one, chosen) for one in news.blocks]
    return _feed(title, news, entries, chosen, [_self("/feeds/blocks.atom")])


def _feed(
    title: str, news: News | BlockNews, entries: Sequence[Entry], chosen: Language, links: Sequence[Link]
) -> Feed:
    return Feed(
        id=news.id,
        title=title,
        updated=news.updated_at,
        author=settings().app_name,
        links=links,
        entries=entries,
        language=chosen,
        modified=news.changed_at,
    )


def _self(path: str) -> Link:
    return Link("self", _address(path), atom.MEDIA_TYPE)


def _pages(path: str) -> list[Link]:
    """The page that says the same to people, where the gallery is shown."""
    return [Link("alternate", _address(path), "text/html")] if settings().gallery else []


def _address(path: str) -> str:
    """The address of a feed or page, in the language that was asked for by name."""
    named = named_language()
    return absolute(path) + (f"?lang={named}" if named else "")


def _block(one: Blocked, chosen: Language) -> Entry:
    severity = text(f"feeds.severity_{one.severity.value}", chosen)
    which = one.versions or text("feeds.packages", chosen, {"count": one.packages})
    return Entry(
        id=one.id,
        title=text("feeds.block", chosen, {"plugin": one.plugin, "which": which, "severity": severity}),
        published=one.since,
        updated=one.changed_at,
        author=settings().app_name,
        categories=[(one.severity.value, severity)],
        links=[Link("related", address)] if (address := web_address(one.advisory_url)) else [],
        content=written(one.reason, chosen),
    )


def _releases(news: News, chosen: Language) -> list[Entry]:
    return [_entry(one, chosen) for one in news.releases]


def _entry(one: Published, chosen: Language) -> Entry:
    detail = absolute(version_path(one.plugin_id, one.version))
    words = [word for word, is_so in (("preview", one.is_preview), ("yanked", one.is_yanked)) if is_so]
    return Entry(
        id=one.id,
        title=f"{one.display_name} {one.version}",
        published=one.published_at,
        updated=one.updated_at,
        author=one.author or one.name,
        categories=[(word, text(f"feeds.{word}", chosen)) for word in words],
        links=[*_pages(page_path(one.name, one.version)), Link("related", detail, "application/json")],
        summary=one.description,
        content=_content(one, chosen),
    )


def _content(one: Published, chosen: Language) -> str:
    """The changelog; of a version that was yanked, behind the reason for that."""
    changelog = one.changelog or text("feeds.no_changelog", chosen)
    if len(changelog) > CHANGELOG_SHOWN:
        changelog = f"{changelog[:CHANGELOG_SHOWN]}…"
    if not one.is_yanked:
        return changelog
    return f"{text('feeds.withdrawn', chosen, {'reason': one.yank_reason})}\n\n{changelog}"
