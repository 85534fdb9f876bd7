"""The documents keep up with the code: every setting and every route is in them."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from microdock_server.api.core.limit_table import table
from microdock_server.services.configuration import Config

from .live import Server
from .support import package, settings_for

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


def settings_read() -> dict[str, object]:
    """Variables that are read, with their literal defaults."""
    found: dict[str, object] = {}
    for node in ast.walk(ast.parse((ROOT / "microdock_server/config/settings.py").read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        reads = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
        names = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if reads and node.func.value.id == "env" and names and names[0].isupper():
            default = node.args[1] if len(node.args) > 1 else None
            found[names[0]] = default.value if isinstance(default, ast.Constant) else None
        elif isinstance(node.func, ast.Name) and node.func.id in ("_path", "_checked"):
            found[names[0]] = None
    return found


EXAMPLES = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))


def test_settings_are_found() -> None:
    assert {"DEBUG", "DATA_DIR", "UPLOAD_DIR", "JWT_SECRET_KEY", "CORS_ORIGINS"} <= settings_read().keys()


@pytest.mark.parametrize("name", sorted(settings_read()))
def test_every_setting_is_in_the_readme_and_in_the_example(name: str) -> None:
    assert re.search(rf"^\|.*`{name}`", README, re.MULTILINE)
    assert name in EXAMPLES


def test_the_example_names_nothing_else() -> None:
    assert EXAMPLES.keys() == settings_read().keys()


@pytest.mark.parametrize(("name", "default"), [item for item in settings_read().items() if item[1] not in (None, "")])
def test_the_example_shows_the_defaults(name: str, default: object) -> None:
    assert EXAMPLES[name].lower() == str(default).lower()


def test_every_route_is_in_the_documents(app: Flask) -> None:
    documents = (ROOT / "docs/api.md").read_text(encoding="utf-8") + (ROOT / "docs/operations.md").read_text("utf-8")
    routes = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    # What stands at /api/v1 stands at /v1 as well: the documents say so once.
    routes = {f"/api{route}" if route.startswith("/v1/") else route for route in routes}
    missing = {route for route in routes if not route.startswith("/docs/") and f"{route}`" not in documents}
    assert not missing


def test_every_limit_stands_in_the_table_as_it_is(tmp_path: Path) -> None:
    section = (ROOT / "docs/api.md").read_text("utf-8").partition("\n## Limits\n")[2].partition("\n## ")[0]
    written = [line.rpartition(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    defaults = settings_for(tmp_path)
    assert written == [
        f"| `{limit.name}` | {limit.per} | {limit.amount} {limit.unit}"
        f"{f' in {limit.seconds} s' if limit.seconds else ''} | {limit.status or '-'}"
        for limit in table(defaults, Config())
    ]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))
    assert all((path.parent / link).exists() for link in links), links


@pytest.mark.live
def test_the_example_resumes_a_download(server: Server, tmp_path: Path) -> None:
    section = (ROOT / "docs/api.md").read_text(encoding="utf-8").partition("### Resuming a download")[2]
    script = section.partition("```bash\n")[2].partition("```")[0]
    content = package()
    assert server.client.upload(content).status_code == 200
    (tmp_path / "plugin.zip").write_bytes(content[:50])
    script = script.replace("https://plugins.example.com", server.base)
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "plugin.zip").read_bytes() == content
    # Begun with another file, it is not continued with this one.
    other = script.replace("If-Match: $etag", 'If-Match: \\"another\\"')
    (tmp_path / "plugin.zip").write_bytes(content[:50])
    assert subprocess.run(["bash", "-e", "-c", other], cwd=tmp_path, check=False, timeout=60).returncode == 22
    assert (tmp_path / "plugin.zip").read_bytes() == content[:50]
