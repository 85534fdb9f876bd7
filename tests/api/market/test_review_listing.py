"""What a review says that users are shown, and that the gallery shows that once the version is approved."""

from __future__ import annotations

from typing import Any

from ...market import (
    PLUGINS,
    V1,
    People,
    add_version,
    category,
    created,
    data,
    decide,
    file,
    png,
    published,
    review_of,
    shown,
)

NAME = "com.example.myplugin"
TEXT = (
    "# Title\n\n**bold** <script>alert(1)</script> <img src=x onerror=alert(1)>\n\n"
    "[bad](javascript:alert(1)) [good](https://good.example) ![a chart](https://pictures.example/a.png)"
)


def listing(who: People, version: str) -> dict[str, Any]:
    """What the review of the version says."""
    review_id = review_of(who.reviewer, NAME, version)["id"]
    found: dict[str, Any] = data(who.reviewer.get(f"{V1}/admin/reviews/{review_id}"))["listing"]
    return found


def test_a_new_plugin_has_its_pictures_and_texts(who: People) -> None:
    place = category(who.admin, "Tools")["id"]
    plugin = created(who.developer, {"icon": file(png(), "i.png"), "screenshots": file(png(320, 200), "s.png")})
    values = {"long_description": TEXT, "category_id": place, "metadata": {"tags": ["clock"]}}
    data(who.developer.put(f"{PLUGINS}/{NAME}", values))
    found = listing(who, "1.0.0")
    assert (found["category"], found["tags"]) == ("Tools", ["clock"])
    assert f"{PLUGINS}/{plugin['id']}/images/" in found["icon"]
    [picture] = found["screenshots"]
    assert (picture["width"], picture["height"]) == (320, 200)
    # Reviewers see the pictures of what is not published; others do not.
    address = picture["url"][picture["url"].index("/api/") :]
    assert who.reviewer.get(address).status_code == 200
    assert who.nobody.get(address).status_code == 404


def test_texts_are_as_safe_as_on_the_gallerys_pages(who: People) -> None:
    created(who.developer, changelog=TEXT)
    data(who.developer.put(f"{PLUGINS}/{NAME}", {"long_description": TEXT}))
    found = listing(who, "1.0.0")
    assert found["changelog_html"] == found["long_description_html"]
    html = found["long_description_html"]
    assert "<h4>Title</h4>" in html and "<strong>bold</strong>" in html
    assert "<script" not in html and "<img" not in html and 'href="javascript' not in html
    assert '<a href="https://pictures.example/a.png" rel="noopener noreferrer nofollow">a chart</a>' in html
    decide(who.reviewer, NAME)
    gallery = who.nobody.get(f"/plugins/{NAME}").text
    assert html.replace("h4>", "h3>") in gallery


def test_a_version_says_what_is_shown_after_it_and_the_owners_own_words_stay(who: People) -> None:
    published(who.developer, who.reviewer, displayName="Before", description="before", license="MIT")
    data(who.developer.put(f"{PLUGINS}/{NAME}", {"description": "the owner's"}))
    data(add_version(who.developer, NAME, "1.1.0", displayName="After", description="after", license="BSD"), 201)
    found = listing(who, "1.1.0")
    assert (found["display_name"], found["description"], found["license"]) == ("After", "the owner's", "BSD")
    assert shown(who.nobody, NAME)["name"] == "Before"
    decide(who.reviewer, NAME)
    now = shown(who.nobody, NAME)
    assert (now["name"], now["description"], now["metadata"]["license"]) == ("After", "the owner's", "BSD")
