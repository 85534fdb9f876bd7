"""The documents' pictures (`scripts/pictures`): screenshots of a server with invented plugins, in docs/pictures/.

Their sizes are the same every time. What is on them is not, to the last byte: dates are those of the day.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from microdock_server.api.system.admin_page import BUILT

from ..live import ROOT, Server
from .conftest import ARGUMENTS
from .page import Admin

PICTURES: Final = ROOT / "docs" / "pictures"
# What one has to have for all of them together, in bytes: they are in every clone.
LARGEST: Final = 1_500_000
WIDE: Final = (1280, 800)
PHONE: Final = (390, 780)
_QUALITY: Final = 82
_UNABLE: Final = 2
# Commands on the pages name the server by its address, which should not be that of the day.
_ADDRESS: Final = "https://plugins.example.com"


@dataclass(frozen=True, slots=True)
class Picture:
    """A screenshot of a page, as large as the window."""

    name: str
    path: str
    window: tuple[int, int] = WIDE
    theme: str = "light"

    @property
    def file(self) -> Path:
        """Where it is kept."""
        return PICTURES / f"{self.name}.webp"


# Of a server on which nothing is yet.
EMPTY: Final = (Picture("empty", "/?lang=en", (1280, 860)),)
FILLED: Final = (
    Picture("start", "/?lang=en"),
    Picture("start-dark", "/?lang=zh", PHONE, "dark"),
    Picture("results", "/plugins?q=clock&lang=en"),
    Picture("plugin", "/plugins/dock.pebblewick.inkwell?lang=en", (1280, 960)),
    Picture("plugin-phone", "/plugins/dock.pebblewick.inkwell?lang=zh", PHONE),
    Picture("developer", "/developers/{developer}?lang=en", (1280, 720), "dark"),
    Picture("rule", "/help/rules/not-a-zip?lang=en", (1280, 720)),
    Picture("problem", "/plugins/none?lang=en", (1280, 600)),
)
# Of the admin page: by name, where it is reached from.
ADMIN: Final = (
    Picture("admin-review", "/reviews", (1280, 860)),
    Picture("admin-review-dark", "/reviews", PHONE, "dark"),
)
EVERY: Final = (*EMPTY, *FILLED, *ADMIN)


def main() -> None:
    """Take them all; says why it cannot, and changes nothing then."""
    chromium = shutil.which("chromium")
    if chromium is None:
        _refuse("chromium is not installed: `apt-get install chromium`, or scripts/test installs it as root")
    if not (BUILT / "index.html").is_file():
        _refuse("the admin page is not built: scripts/build-page builds it")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="pictures-") as directory:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        try:
            taken = _taken(browser, Path(directory))
        finally:
            browser.close()
    size = sum(map(len, taken.values()))
    if size > LARGEST:
        _refuse(f"{size:,} bytes of pictures, at most {LARGEST:,}: nothing was changed")
    PICTURES.mkdir(exist_ok=True)
    for picture, data in taken.items():
        picture.file.write_bytes(data)
    print(f"{len(taken)} pictures, {size:,} bytes, in {PICTURES.relative_to(ROOT)}")


def _refuse(reason: str) -> None:
    print(reason, file=sys.stderr)
    raise SystemExit(_UNABLE)


def _taken(browser: Browser, directory: Path) -> dict[Picture, bytes]:
    server = Server(directory / "data", AUTO_MIGRATE="true", PUBLIC_URL=_ADDRESS)
    print("starting a server …", file=sys.stderr)
    try:
        server.start()
        taken = _of_pages(browser, server, EMPTY, "")
        print("filling it …", file=sys.stderr)
        _fill(server)
        plugin = server.client.get("/api/v1/marketplace/plugins/dock.pebblewick.inkwell").json()["data"]
        developer = plugin["developer"]["id"]
        return {**taken, **_of_pages(browser, server, FILLED, developer), **_of_admin(browser, server)}
    finally:
        server.kill()


def _fill(server: Server) -> None:
    environment = {**os.environ, "DATA_DIR": str(server.data), "FLASK_APP": "wsgi", "PUBLIC_URL": _ADDRESS}
    command = (sys.executable, "-m", "flask", "demo", "fill")
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


def _of_pages(browser: Browser, server: Server, pictures: Sequence[Picture], developer: str) -> dict[Picture, bytes]:
    def show(picture: Picture, page: Page) -> None:
        page.goto(server.base + picture.path.format(developer=developer))

    return {picture: _photographed(browser, picture, show) for picture in pictures}


def _of_admin(browser: Browser, server: Server) -> dict[Picture, bytes]:
    def show(picture: Picture, page: Page) -> None:
        admin = Admin(page, server.base, [])
        admin.log_in("admin", "admin", picture.path)
        page.locator('[data-test^="review-"] a').first.click()
        admin.test("review").wait_for()
        admin.settled()

    return {picture: _photographed(browser, picture, show) for picture in ADMIN}


def _photographed(browser: Browser, picture: Picture, show: Callable[[Picture, Page], None]) -> bytes:
    with _window(browser, picture) as page:
        show(picture, page)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready")
        with Image.open(io.BytesIO(page.screenshot())) as shot:
            packed = io.BytesIO()
            shot.convert("RGB").save(packed, "WEBP", quality=_QUALITY, method=6)
    return packed.getvalue()


@contextmanager
def _window(browser: Browser, picture: Picture) -> Iterator[Page]:
    width, height = picture.window
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if picture.theme == "dark" else "light",
        locale="en",
        timezone_id="UTC",
        reduced_motion="reduce",
    )
    try:
        yield context.new_page()
    finally:
        context.close()


if __name__ == "__main__":
    main()
