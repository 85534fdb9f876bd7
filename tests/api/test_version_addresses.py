"""Addresses of versions: the `+` of build metadata is quoted wherever one stands, and every one leads there."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from ..market import PLUGINS, V1, People, add_version, data, review_of
from ..support import package

NAME = "com.example.myplugin"
BUILD = "1.1.0+build.5"
QUOTED = "1.1.0%2Bbuild.5"
ATOM = "{http://www.w3.org/2005/Atom}"


def test_the_plus_of_build_metadata_is_quoted_in_every_address(who: People) -> None:
    for version in ("1.0.0", BUILD):
        assert who.nobody.upload(package(version=version)).status_code == 200
    rows = data(who.nobody.get(f"{PLUGINS}/{NAME}/versions"))
    files = data(who.nobody.get(f"{PLUGINS}/{NAME}/versions/{QUOTED}/files"))
    asked = {"engines": {"MicroDock": "2.0.0"}, "installed": [{"name": NAME, "version": "1.0.0"}]}
    [update] = data(who.nobody.post("/api/plugins/updates", asked))["updates"]
    feed = ET.fromstring(who.nobody.get(f"/feeds/plugins/{NAME}.atom").data)
    [entry] = [one for one in feed.findall(f"{ATOM}entry") if one.findtext(f"{ATOM}title", "").endswith(BUILD)]
    related = entry.find(f"{ATOM}link[@rel='related']")
    assert related is not None
    data(who.admin.post("/api/plugins/deprecate", {"name": NAME}))
    old = who.nobody.get(f"{PLUGINS}/{NAME}/versions/1.0.0/download")
    [successor] = re.findall(r'<([^>]*)>; rel="successor-version"', old.headers["Link"])
    found = [rows[0]["download_url"], files["download_url"], update["target"]["download_url"]]
    for address in found:
        assert urlsplit(address).path.endswith(f"/versions/{QUOTED}/download")
        assert who.nobody.get(urlsplit(address).path).status_code == 200
    for address in (related.get("href"), successor):
        assert urlsplit(address).path.endswith(f"/versions/{QUOTED}")
        assert data(who.nobody.get(urlsplit(address).path))["version"] == BUILD


def test_so_it_is_in_a_review(who: People, published_plugin: dict[str, Any]) -> None:
    data(add_version(who.developer, published_plugin["id"], BUILD), 201)
    review = review_of(who.reviewer, NAME, BUILD)
    address = data(who.reviewer.get(f"{V1}/admin/reviews/{review['id']}"))["download_url"]
    assert urlsplit(address).path.endswith(f"/versions/{QUOTED}/download")
    assert who.reviewer.get(urlsplit(address).path).status_code == 200
