"""The documents' pictures: those that `scripts/pictures` takes, each in a document, and small together."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from ..browser import pictures

ROOT = Path(__file__).parents[2]
SHOWN = {
    Path(name).name
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
    for name in re.findall(r"!\[[^\]]+\]\(([^)]*pictures/[^)]+)\)", path.read_text(encoding="utf-8"))
}


def test_every_picture_is_taken_by_the_script_and_shown() -> None:
    kept = {path.name for path in pictures.PICTURES.iterdir()}
    assert kept == {picture.file.name for picture in pictures.EVERY} == SHOWN


def test_all_of_them_together_are_small() -> None:
    assert sum(path.stat().st_size for path in pictures.PICTURES.iterdir()) <= pictures.LARGEST


@pytest.mark.parametrize("picture", pictures.EVERY, ids=lambda picture: picture.name)
def test_a_picture_is_as_large_as_its_window(picture: pictures.Picture) -> None:
    with Image.open(picture.file) as image:
        assert image.size == picture.window


def test_without_a_browser_nothing_is_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SystemExit) as refused:
        pictures.main()
    assert refused.value.code == 2
    assert "chromium is not installed" in capsys.readouterr().err


def test_without_the_admin_page_nothing_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/chromium")
    monkeypatch.setattr(pictures, "BUILT", tmp_path)
    with pytest.raises(SystemExit) as refused:
        pictures.main()
    assert refused.value.code == 2
    assert "scripts/build-page" in capsys.readouterr().err
