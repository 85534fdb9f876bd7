"""Encrypted archives: only readable with the key, and also by the age program."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest
from flask import Flask

from microdock_server import snapshots
from microdock_server.snapshots import Keys, Lock, SnapshotProblem, encryption, read_manifest

from ..peers import missing
from .helpers import archives, data_of, files, logged_out, publish, restore, rows, snapshot

# Of an archive of SQLite's; test_postgresql.py has PostgreSQL's.
pytestmark = pytest.mark.sqlite

MINE, OTHER = (pyrage.x25519.Identity.generate() for _ in range(2))
TO_ME = Lock(recipient=str(MINE.to_public()))
WORDS = Lock(passphrase="correct horse")
MY_KEY, MY_WORDS = Keys((str(MINE),)), Keys(passphrase="correct horse")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "archives"


@pytest.mark.parametrize(("lock", "keys"), [(TO_ME, MY_KEY), (WORDS, MY_WORDS)], ids=["recipient", "passphrase"])
def test_it_comes_back_with_the_key_alone(app: Flask, out: Path, tmp_path: Path, lock: Lock, keys: Keys) -> None:
    publish(app, 1, 2).back_up(os.urandom(300_000))
    (data_of(app) / "jwt-secret").write_text("the secret")
    state = rows(data_of(app)), files(data_of(app))
    path = snapshot(app, out, lock=lock).path
    assert path.name.endswith(".tar.zst.age")
    for wrong in (Keys(), Keys((str(OTHER),), "wrong")):
        with pytest.raises(SnapshotProblem, match=r"is encrypted|passphrase is not"):
            restore(path, tmp_path / "new", keys=wrong)
    assert not (tmp_path / "new").exists()
    restore(path, tmp_path / "new", keys=keys)
    assert (rows(tmp_path / "new"), files(tmp_path / "new")) == (logged_out(state[0], tmp_path / "new"), state[1])
    # Tokens stay valid: an encrypted archive may hold what signs them.
    assert (tmp_path / "new" / "jwt-secret").read_text() == "the secret"
    assert (tmp_path / "new" / "jwt-secret").stat().st_mode & 0o777 == 0o600
    ensure_every_part_counts(path, keys)


def ensure_every_part_counts(path: Path, keys: Keys) -> None:
    whole = path.read_bytes()
    middle = bytearray(whole)
    middle[len(whole) // 2] ^= 1
    for broken in (bytes(middle), whole[:-1], whole[: len(whole) // 2], whole + b"x"):
        path.write_bytes(broken)
        with pytest.raises(SnapshotProblem):
            snapshots.verify(path, keys=keys)


def test_a_plain_archive_has_no_secret(app: Flask, out: Path, tmp_path: Path) -> None:
    (data_of(app) / "jwt-secret").write_text("the secret")
    path = snapshot(app, out).path
    restore(path, tmp_path / "new")
    assert not (tmp_path / "new" / "jwt-secret").exists()


def test_an_incremental_archive_may_be_encrypted_and_so_may_its_base(app: Flask, out: Path, tmp_path: Path) -> None:
    publish(app, 1, 2)
    full = read_manifest(snapshot(app, out, lock=TO_ME).path, MY_KEY)
    publish(app, 3)
    made = snapshot(app, out, base=full, lock=TO_ME)
    assert sum(blob.source == 0 for blob in made.manifest.blobs) == 1
    restore(made.path, tmp_path / "new", keys=MY_KEY)
    assert files(tmp_path / "new") == files(data_of(app))


def test_the_age_program_opens_both_kinds(app: Flask, out: Path, tmp_path: Path) -> None:
    if shutil.which("age") is None:
        missing("age")
    key = tmp_path / "key.txt"
    key.write_text(str(MINE))
    path = snapshot(app, out, lock=TO_ME).path
    age = ["age", "--decrypt", "--output", str(tmp_path / "plain.tar.zst"), "--identity"]
    subprocess.run([*age, str(key), str(path)], check=True)
    assert snapshots.verify(tmp_path / "plain.tar.zst").manifest.id == read_manifest(path, MY_KEY).manifest.id
    # With a passphrase: a tar file of a protected key, and of an archive for that key.
    path = snapshot(app, out, lock=WORDS).path
    subprocess.run(["tar", "-xf", str(path), "-C", str(tmp_path)], check=True)
    key.write_text(encryption._unwrapped((tmp_path / "key.age").read_bytes(), "correct horse"))
    (tmp_path / "plain.tar.zst").unlink()
    subprocess.run([*age, str(key), str(tmp_path / "snapshot.tar.zst.age")], check=True)
    assert snapshots.verify(tmp_path / "plain.tar.zst").manifest.file == path.name


@pytest.mark.parametrize("times", [encryption.MEASURES - 1, encryption.MEASURES])
def test_a_machine_that_seems_too_slow_is_measured_again(
    app: Flask, out: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    path = snapshot(app, out, lock=WORDS).path
    refusals = iter([pyrage.DecryptError("Excessive work parameter for passphrase.\nIt would take 32 s.")] * times)
    open_key = pyrage.passphrase.decrypt

    def decrypt(key: bytes, passphrase: str) -> bytes:
        for refusal in refusals:
            raise refusal
        # The last time that the program asks: what the library refuses now, because other work runs, is asked again.
        with monkeypatch.context() as real:
            real.setattr(pyrage.passphrase, "decrypt", open_key)
            return encryption._unwrapped.__wrapped__(key, passphrase).encode()

    monkeypatch.setattr(pyrage.passphrase, "decrypt", decrypt)
    if times < encryption.MEASURES:
        assert read_manifest(path, MY_WORDS).manifest.file == path.name
    else:
        with pytest.raises(SnapshotProblem, match="too slow, or too busy"):
            read_manifest(path, MY_WORDS)


def test_a_recipient_that_is_none_is_refused_and_nothing_is_left(app: Flask, out: Path) -> None:
    with pytest.raises(SnapshotProblem, match="must begin with age1"):
        snapshot(app, out, lock=Lock(recipient="somebody"))
    assert archives(out) == []


def test_secrets_are_not_shown() -> None:
    assert "correct" not in repr(WORDS) + repr(MY_WORDS)
    assert str(MINE) not in repr(MY_KEY)
