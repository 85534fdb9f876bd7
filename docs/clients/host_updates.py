"""Update checks of a host, for Python 3.8 and newer, without any other package. Copy it into your project.

    python host_updates.py http://127.0.0.1:8000 FOLDER

FOLDER/installed.json is the question: `{"engines": {…}, "installed": [{"name": …, "version": …, "sha256": …}]}`. The
answers are kept in FOLDER for hours without a network, and the packages to install are put there. Nothing is installed.
"""

import hashlib
import http.client
import json
import secrets
import sys
from datetime import datetime, timezone
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import Request, urlopen

CHUNK = 1 << 20


class Offline(Exception):
    """The server cannot be reached, or has no time: go on with what was kept, and ask again later."""


class Damaged(Exception):
    """A download whose bytes are not those that were announced; nothing of it is kept."""


class HostUpdates:
    """What one host asks one server. `language` is that of the messages: `zh` or `en`; `timeout` is in seconds."""

    def __init__(self, server, folder, *, language="en", timeout=30):
        self.server, self.folder, self.timeout = server.rstrip("/") + "/", Path(folder), timeout
        self.headers = {"Accept-Language": language}

    def check(self, question):
        """The answer to an update check, and whether it is of now. Offline it is the last one; raises Offline if
        there is none.
        """
        body = {**question, "client_id": self._client_id()}
        try:
            answer = self._json("api/plugins/updates", body)
        except Offline:
            answer = self._kept("updates.json")
            if answer is None:
                raise
            return answer, False
        self._keep("updates.json", answer)
        known = self._kept("blocks.json")
        if known is None or known["serial"] < answer["serial"] or _is_over(known):
            self._renew_blocks(known)
        return answer, True

    def blocks(self):
        """The blocks to obey without a network. None: what is known is too old, or there is nothing yet."""
        known = self._kept("blocks.json")
        return None if known is None or _is_over(known) else known["blocks"]

    def download(self, target, path):
        """Save a target's package at `path`, going on where an earlier attempt ended. Raises Offline or Damaged."""
        part = Path(f"{path}.part")
        has = part.stat().st_size if part.exists() else 0
        headers = dict(self.headers)
        if 0 < has < target["file_size"]:
            # The ETag of a package is its SHA-256. Should the file be another one, all of it comes.
            headers.update({"Range": f"bytes={has}-", "If-Range": f'"{target["file_hash"]}"'})
        if has != target["file_size"]:
            answer = self._open(Request(urljoin(self.server, target["download_url"]), headers=headers))
            with answer, part.open("ab" if answer.status == 206 else "wb") as out:
                self._copy(answer, out)
        if part.stat().st_size < target["file_size"]:
            raise Offline("the connection broke off")
        if _sha256(part) != target["file_hash"]:
            part.unlink()
            raise Damaged(path)
        part.replace(path)

    def _client_id(self):
        """Made up once, and kept: it decides which rollouts reach this host."""
        path = self.folder / "client-id"
        if not path.exists():
            path.write_text(secrets.token_hex(16))
        return path.read_text()

    def _renew_blocks(self, known):
        try:
            found = self._json("api/plugins/blocks")
        except Offline:
            return
        # Somebody on the way may show an old list: one with a lower serial is none.
        if known is None or found["serial"] >= known["serial"]:
            self._keep("blocks.json", found)

    def _json(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, "Content-Type": "application/json"}
        with self._open(Request(self.server + path, data, headers)) as answer:
            try:
                return json.load(answer)["data"]
            except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as reason:
                # It broke off, or it is the login page of some network.
                raise Offline(str(reason)) from reason

    def _open(self, request):
        try:
            return urlopen(request, timeout=self.timeout)
        except HTTPError as refusal:
            with refusal:
                if refusal.code != 429 and refusal.code < 500:
                    raise
                wait = refusal.headers.get("Retry-After", "?")
                raise Offline(f"{refusal.code}, ask again in {wait} s") from refusal
        except (OSError, http.client.HTTPException) as reason:
            raise Offline(str(reason)) from reason

    @staticmethod
    def _copy(answer, out):
        """What came before a connection broke stays: the next attempt goes on from there."""
        try:
            for chunk in iter(lambda: answer.read(CHUNK), b""):
                out.write(chunk)
        except (OSError, http.client.HTTPException) as reason:
            raise Offline(str(reason)) from reason

    def _kept(self, name):
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _keep(self, name, value):
        """Written beside it and moved there: nobody reads half of it."""
        part = self.folder / f"{name}.part"
        part.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        part.replace(self.folder / name)


def _is_over(known):
    return datetime.fromisoformat(known["expires_at"].replace("Z", "+00:00")) <= datetime.now(timezone.utc)


def _sha256(path):
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(CHUNK), b""):
            hashed.update(chunk)
    return hashed.hexdigest()


def main(server, folder):
    """Say what the host would do, and fetch what it would install."""
    updates = HostUpdates(server, folder)
    answer, is_new = updates.check(json.loads((Path(folder) / "installed.json").read_text(encoding="utf-8")))
    print("serial", answer["serial"], "now" if is_new else "offline")
    for one in answer["updates"]:
        target = one["target"]
        print(one["name"], one["installed"], one["action"], target["version"] if target else "-")
        for reason in one["reasons"]:
            print(" ", reason["code"], reason["message"])
        if target and is_new and not one["permissions_added"]:
            updates.download(target, Path(folder) / f"{one['name']}@{target['version']}.zip")
            print("  downloaded", target["file_hash"])
    blocks = updates.blocks()
    print("blocks", "unknown" if blocks is None else len(blocks))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except Offline as reason:
        sys.exit(f"offline: {reason}")
