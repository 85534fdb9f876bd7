"""The clients of docs/clients, against a server that runs."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
import requests

from .live import NAME, Server
from .peers import missing
from .support import package

pytestmark = pytest.mark.live

ROOT = Path(__file__).parent.parent
CLIENTS = ROOT / "docs" / "clients"
COMPILER = ROOT / "frontend" / "node_modules" / "typescript"
KEY = "a-key-of-your-own"


@pytest.fixture
def python_client() -> ModuleType:
    found = importlib.util.spec_from_file_location("microdock_client", CLIENTS / "microdock.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_client_for_python_does_all_that_hosts_do(
    python_client: ModuleType, server: Server, tmp_path: Path
) -> None:
    client = python_client.MicroDock(server.base)
    content = package()
    (tmp_path / "p.zip").write_bytes(content)
    assert client.me()["is_logged_in"] is False
    assert client.upload_plugin(tmp_path / "p.zip", KEY)["name"] == NAME
    assert [one["name"] for one in client.plugins()] == [NAME]
    assert client.plugin(NAME)["versions"] == client.versions(NAME) == [client.version(NAME, "1.0.0")]

    hashed = hashlib.sha256(content).hexdigest()
    assert client.download_plugin(NAME, tmp_path / "back.zip") == hashed
    assert client.download_plugin(NAME, tmp_path / "back.zip", "1.0.0") == hashed
    assert (tmp_path / "back.zip").read_bytes() == content

    kept = client.back_up(tmp_path / "p.zip", "user123abc", description="一")
    assert [one["id"] for one in client.backups("user123abc")] == [kept["id"]]
    assert client.download_backup("user123abc", kept["id"], tmp_path / "b.zip") == hashed

    client.login("admin", "admin")
    assert client.me()["is_admin"] is True
    client.deprecate(NAME, "1.0.0")
    client.deprecate(NAME)
    client.disable(NAME)
    with pytest.raises(python_client.ApiError) as refused:
        client.download_plugin(NAME, tmp_path / "no.zip")
    assert (refused.value.status, refused.value.error) == (403, "plugin_disabled")
    client.enable(NAME)
    client.delete(NAME)
    client.logout()
    assert client.plugins() == []
    assert not list(tmp_path.glob("*.part")) and not (tmp_path / "no.zip").exists()


def test_a_session_whose_header_says_json_uploads_all_the_same(server: Server) -> None:
    """As the host document's client for Python does."""
    session = requests.Session()
    session.headers.update({"Content-Type": "application/json"})
    files = {"file": ("p.zip", package())}
    answer = session.post(f"{server.base}/api/plugins/upload", data={"plugin_key": KEY}, files=files)
    assert answer.request.headers["Content-Type"] == "application/json"
    assert answer.status_code == 200, answer.text
    assert server.client.log_in().post("/api/plugins/delete", {"name": NAME}).status_code == 200


STORY = """
import { readFileSync } from 'node:fs'
import { ApiError, MicroDock } from './microdock.mjs'
const [address, path, name] = process.argv.slice(2)
const is = (found, wanted) => {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new Error(`${JSON.stringify(found)} is not ${wanted}`)
}
const client = new MicroDock(address)
const file = new Blob([readFileSync(path)])
is((await client.me()).is_logged_in, false)
is((await client.uploadPlugin(file, 'a-key-of-your-own')).name, name)
is((await client.plugins()).map((one) => one.name), [name])
is((await client.plugin(name)).versions, await client.versions(name))
is((await client.version(name, '1.0.0')).version, '1.0.0')
for (const version of [undefined, '1.0.0']) {
  const found = await client.downloadPlugin(name, version)
  is(Buffer.compare(Buffer.from(found.bytes), readFileSync(path)), 0)
}
const kept = await client.backUp(file, 'another-user-key')
is((await client.backups('another-user-key')).map((one) => one.id), [kept.id])
is((await client.downloadBackup('another-user-key', kept.id)).bytes.length, file.size)
await client.login('admin', 'admin')
is((await client.me()).is_admin, true)
await client.deprecate(name, '1.0.0')
await client.deprecate(name)
await client.disable(name)
const refused = await client.downloadPlugin(name).catch((error) => error)
is(refused instanceof ApiError && [refused.status, refused.error], [403, 'plugin_disabled'])
await client.enable(name)
await client.delete(name)
await client.logout()
is(await client.plugins(), [])
"""


def test_the_client_for_typescript_does_all_that_hosts_do(server: Server, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not COMPILER.is_dir():
        missing("Node.js with the page's packages")
    options = ["--strict", "--target", "es2022", "--module", "es2022", "--lib", "es2022,dom", "--outDir", tmp_path]
    command = ["node", COMPILER / "bin" / "tsc", *options, CLIENTS / "microdock.ts"]
    compiled = subprocess.run(command, capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stdout
    (tmp_path / "microdock.js").replace(tmp_path / "microdock.mjs")
    (tmp_path / "story.mjs").write_text(STORY, encoding="utf-8")
    (tmp_path / "p.zip").write_bytes(package())
    command = ["node", tmp_path / "story.mjs", server.base, tmp_path / "p.zip", NAME]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
