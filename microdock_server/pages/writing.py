"""How pages are written: templates, texts, addresses that keep the visitor's language, and numbers and dates as people
read them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
from flask import request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.runtime import Context
from markupsafe import Markup, escape

from ..api.core.documents import Document
from ..api.core.links import category_path, page_path
from ..api.core.request import named_language
from ..context import settings
from ..messages import LANGUAGES, Language, language_of, tag_of, text, written
from ..text import graphemes
from .glyphs import glyph

_KINDS: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_HERE: Final = Path(__file__).parent
# The number of a page that has more digits is past the end.
_DIGITS_MAX: Final = 6


class _Context(Context):
    """Calls functions at once. None of ours wants Jinja's context, and a page makes hundreds of calls."""

    def call(
        self,
        called: Callable[..., Any],
        /,
        *args: Any,
        _loop_vars: object = None,
        _block_vars: object = None,
        **kwargs: Any,
    ) -> Any:
        return called(*args, **kwargs)


class _Environment(Environment):
    context_class = _Context


_templates: Final = _Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def json_in_html(value: object) -> Markup:
    """JSON for a script element: nothing in it can end the element."""
    return Markup(orjson.dumps(value).decode().replace("<", "\\u003c"))  # noqa: S704 - no "<" is left


_templates.filters["initial"] = graphemes.initial
_templates.filters["json_in_html"] = json_in_html
_templates.globals["glyph"] = glyph


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that never changes: its address contains a hash of it."""

    document: Document
    path: str

    @classmethod
    def of(cls, name: str, *parts: str) -> Asset:
        """The asset made of these files."""
        text = "".join((_HERE / "static" / part).read_text(encoding="utf-8") for part in parts)
        stem, _, ending = name.rpartition(".")
        path = f"/gallery/{stem}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.{ending}"
        return cls(Document.file(text, _KINDS[ending]), path)


STYLE: Final = Asset.of("style.css", "tokens.css", "base.css", "components.css", "lists.css", "plugin.css")
SCRIPT: Final = Asset.of("gallery.js", "gallery.js")
ICON: Final = Asset.of("icon.svg", "icon.svg")
ASSETS: Final = {asset.path: asset for asset in (STYLE, SCRIPT, ICON)}


@dataclass(frozen=True)
class Visit:
    """Who reads a page: the language, and whether the address names it."""

    language: Language
    is_chosen: bool
    path: str

    @classmethod
    def of_request(cls) -> Visit:
        """That of the current request: `?lang=` goes before `Accept-Language`."""
        chosen = named_language()
        if chosen is not None:
            return cls(chosen, is_chosen=True, path=request.path)
        language = language_of(request.headers.get("Accept-Language", ""))
        return cls(language, is_chosen=False, path=request.path)

    @cached_property
    def tag(self) -> str:
        """The language as HTML names it."""
        return tag_of(self.language)

    def text(self, key: str, **params: object) -> Markup:
        """A text of the catalogue in the visitor's language, safe in HTML: what fills it is escaped unless it is
        markup itself.
        """
        found = _escaped(key, self.language)
        # Not by Markup's own format_map, which is written in Python: a page has a hundred texts.
        filled = {name: escape(value) for name, value in params.items()}
        return Markup(str.format_map(found, filled)) if params else found  # noqa: S704 - all of it is escaped

    def counted(self, key: str, count: int, **params: object) -> Markup:
        """A text about so many, `{count}` being written with separators: that for one where it is one."""
        return self.text(f"{key}.one" if count == 1 else key, count=number(count), **params)

    def written(self, texts: Mapping[str, str]) -> str:
        """What somebody wrote in both languages, such as why a plugin is blocked."""
        return written(texts, self.language)

    def url(self, path: str, **query: object) -> str:
        """An address of this server, with the visitor's language where it was chosen; empty values are left out."""
        given = {name: value for name, value in query.items() if value not in (None, "")}
        if self.is_chosen:
            given.setdefault("lang", self.language)
        return f"{path}?{urlencode(given)}" if given else path

    def plugin(self, name: str) -> str:
        """The address of a plugin's page."""
        return self.url(page_path(name))

    def category(self, address: str) -> str:
        """The address of a category's page."""
        return self.url(category_path(address))

    def version(self, name: str, version: str) -> str:
        """The address of a version's page."""
        return self.url(page_path(name, version))

    def comparison(self, name: str, before: str, after: str) -> str:
        """The address of what changed between two versions."""
        return self.url(f"/compare/{quote(name)}/{quote(before)}...{quote(after)}")

    @cached_property
    def base(self) -> str:
        """The server's address, without a slash at its end."""
        return server_address()

    @property
    def address(self) -> str | None:
        """The page's address without a language; None where the server does not know its own."""
        return None if settings().public_url is None else f"{settings().public_url}{quote(self.path)}"

    def app_link(self, name: str) -> str:
        """An address that opens the plugin in the host app."""
        return f"{settings().app_link_scheme}://install?{urlencode({'name': name, 'server': self.base})}"

    def render(self, template: str, **values: Any) -> str:
        """A template of the gallery, filled."""
        page = _templates.get_template(template)
        return page.render(
            t=self.text,
            counted=self.counted,
            url=self.url,
            plugin_url=self.plugin,
            version_url=self.version,
            compare_url=self.comparison,
            category_url=self.category,
            app_link=self.app_link,
            base=self.base,
            address=self.address,
            visit=self,
            languages=LANGUAGES,
            style=STYLE.path,
            script=SCRIPT.path,
            icon=ICON.path,
            server=settings().app_name,
            shows_gallery=settings().gallery,
            asks_upload_secret=settings().upload_secret_key is not None,
            day=day,
            number=number,
            size=partial(size),
            **values,
        )


def server_address() -> str:
    """The address of this server, without a slash at its end: PUBLIC_URL, or the name by which it was asked."""
    # As the request spells it: flask's own host_url decodes names of other scripts, and fails on some that are none.
    return settings().public_url or f"{request.scheme}://{request.host}"


@cache
def _escaped(key: str, language: Language) -> Markup:
    return escape(text(key, language))


def day(moment: datetime | None) -> Markup:
    """A date (UTC), as machines can read it too."""
    if moment is None:
        return Markup("")
    written = moment.date().isoformat()
    return Markup(f'<time datetime="{written}">{written}</time>')  # noqa: S704 - nothing but digits and hyphens


def number(value: int) -> str:
    """A number with separators."""
    return f"{value:,}"


def size(value: int) -> str:
    """A size in bytes, as people read it."""
    amount, units = float(value), ["B", "KiB", "MiB", "GiB"]
    while amount >= 1024 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{amount:.0f} {units[0]}" if units[0] == "B" else f"{amount:.1f} {units[0]}"


def page_number(given: str) -> int:
    """The page that an address asks for; 1 for whatever is no number."""
    if not given.isascii() or not given.isdigit():
        return 1
    return max(1, int(given.lstrip("0")[: _DIGITS_MAX + 1] or 1))
