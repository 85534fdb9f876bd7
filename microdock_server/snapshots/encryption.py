"""Encryption with age (https://age-encryption.org): to a recipient's public key, or with a passphrase.

With a recipient the archive is a plain age file. age decrypts passphrase files only in memory, so with a passphrase the
archive is encrypted to a generated key; that key, protected by the passphrase, and the archive are two members of a tar
file: `key.age` and `snapshot.tar.zst.age`. The age program can open both kinds without us.
"""

from __future__ import annotations

import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from .problems import DamagedArchive, SnapshotProblem

if TYPE_CHECKING:
    from pyrage import x25519

AGE: Final = b"age-encryption.org/"
KEY: Final = "key.age"
CONTENT: Final = "snapshot.tar.zst.age"
LONGEST_KEY: Final = 1 << 16
# The library measures for a few milliseconds how fast this machine is, and refuses what would take it longer than 16
# seconds. Beside other work it mistakes itself easily, so it is asked again.
TOO_SLOW: Final = "Excessive work parameter"
MEASURES: Final = 20
BLOCK: Final = tarfile.BLOCKSIZE


class WrongKey(SnapshotProblem):
    """The archive is encrypted for another key or passphrase."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What an archive is encrypted for: a recipient or a passphrase."""

    recipient: str | None = None
    passphrase: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Keys:
    """What encrypted archives are opened with: secret keys (`AGE-SECRET-KEY-1…`), a passphrase, or nothing."""

    identities: tuple[str, ...] = field(default=(), repr=False)
    passphrase: str | None = field(default=None, repr=False)


def library() -> Any:
    """The encryption library. Raises SnapshotProblem if it is not installed."""
    try:
        import pyrage  # noqa: PLC0415  (an extra: who does not encrypt does not need it)
    except ImportError as reason:
        raise SnapshotProblem("encryption needs `pip install 'microdock-server[backup-encryption]'`") from reason
    return pyrage


@contextmanager
def sealed(descriptor: int, lock: Lock | None) -> Iterator[int]:
    """A descriptor whose content ends up in `descriptor`, encrypted if there is a lock."""
    if lock is None:
        yield descriptor
        return
    recipient, before = _recipient(lock)
    os.write(descriptor, before)
    begun = len(before)
    with _piped_in(recipient, descriptor) as pipe:
        yield pipe
    if before:
        _close_tar(descriptor, begun)


@contextmanager
def opened(file: BinaryIO, keys: Keys) -> Iterator[BinaryIO]:
    """The archive in `file`, decrypted if necessary. Raises DamagedArchive on exit if it was truncated."""
    start = file.read(BLOCK)
    if start.startswith(KEY.encode() + b"\0"):
        identity = _protected(file, start, keys.passphrase)
        inner = _Inner(file, _size(file.read(BLOCK), CONTENT))
        with _piped_out(inner, [identity]) as stream:
            yield stream
        inner.ensure_closed()
        return
    file.seek(0)
    if not start.startswith(AGE):
        yield file
        return
    if not keys.identities:
        raise WrongKey("the archive is encrypted: name the file with its secret key (--identity)")
    with _piped_out(file, [_identity(text) for text in keys.identities]) as stream:
        yield stream


def is_encrypted(file: BinaryIO) -> bool:
    """Is it an age file, or one of ours with a passphrase? Leaves `file` at its beginning."""
    start = file.read(BLOCK)
    file.seek(0)
    return start.startswith((AGE, KEY.encode() + b"\0"))


def _recipient(lock: Lock) -> tuple[Any, bytes]:
    """The recipient to encrypt to, and the bytes before the encrypted archive."""
    pyrage = library()
    if lock.recipient is not None:
        try:
            return pyrage.x25519.Recipient.from_str(lock.recipient), b""
        except pyrage.RecipientError as reason:
            raise SnapshotProblem("the recipient is no public key of age's: it must begin with age1") from reason
    identity = pyrage.x25519.Identity.generate()
    key = pyrage.passphrase.encrypt(str(identity).encode(), lock.passphrase)
    filler = bytes(-len(key) % BLOCK)
    # The size of the second member is filled in at the end.
    return identity.to_public(), _header(KEY, len(key)) + key + filler + _header(CONTENT, 0)


def _close_tar(descriptor: int, begun: int) -> None:
    size = os.fstat(descriptor).st_size - begun
    os.lseek(descriptor, 0, os.SEEK_END)
    os.write(descriptor, bytes(-size % BLOCK + 2 * BLOCK))
    os.pwrite(descriptor, _header(CONTENT, size), begun - BLOCK)


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def _identity(text: str) -> x25519.Identity:
    pyrage = library()
    try:
        identity: x25519.Identity = pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError as reason:
        raise SnapshotProblem("the file holds no secret key of age's (AGE-SECRET-KEY-1…)") from reason
    return identity


def _protected(file: BinaryIO, start: bytes, passphrase: str | None) -> x25519.Identity:
    """The key that the passphrase protects. `file` is left behind it."""
    if not passphrase:
        raise WrongKey("the archive is encrypted with a passphrase: set SNAPSHOT_PASSPHRASE")
    size = _size(start, KEY)
    if size > LONGEST_KEY:
        raise DamagedArchive("the encrypted key of the archive is damaged")
    key = file.read(size + -size % BLOCK)[:size]
    return _identity(_unwrapped(key, passphrase))


# Deriving a key from a passphrase is deliberately slow, and an archive is opened more than once.
@lru_cache(maxsize=8)
def _unwrapped(key: bytes, passphrase: str) -> str:
    pyrage, refusal = library(), None
    for _ in range(MEASURES):
        try:
            return str(pyrage.passphrase.decrypt(key, passphrase), "ascii")
        except (pyrage.DecryptError, UnicodeError) as reason:
            if not str(reason).startswith(TOO_SLOW):
                raise WrongKey("the passphrase is not the archive's (or the archive is damaged)") from reason
            refusal = reason
    raise SnapshotProblem(
        "this machine is too slow, or too busy, for the passphrase: open it elsewhere, or with the programs tar and age"
    ) from refusal


def _size(block: bytes, name: str) -> int:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeError) as reason:
        raise DamagedArchive("the encrypted archive is damaged") from reason
    if block != _header(name, info.size) or info.size < 0:
        raise DamagedArchive("the encrypted archive is damaged")
    return info.size


class _Inner:
    """The last member of a tar file as a stream."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size, self._left = file, size, size

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def ensure_closed(self) -> None:
        """Raise unless only the tar file's end follows."""
        if self._left or self._file.read(4 * BLOCK) != bytes(-self._size % BLOCK + 2 * BLOCK):
            raise DamagedArchive("the end of the encrypted archive is damaged")


class _Task(threading.Thread):
    """A library call in a thread with a pipe; its exception is kept."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(name="snapshot-age", daemon=True)
        self._work = work
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            self._work()
        except Exception as reason:
            self.failure = reason


@contextmanager
def _piped_in(recipient: Any, descriptor: int) -> Iterator[int]:
    """A pipe's write end: what is written there is encrypted into `descriptor`, completely on exit."""
    outlet, inlet = os.pipe()

    def encrypt() -> None:
        with os.fdopen(outlet, "rb") as reader, os.fdopen(descriptor, "wb", closefd=False) as writer:
            library().encrypt_io(reader, writer, [recipient])

    task = _Task(encrypt)
    task.start()
    try:
        yield inlet
    finally:
        os.close(inlet)
        task.join()
        if task.failure is not None:
            raise SnapshotProblem(f"the archive could not be encrypted: {task.failure}") from task.failure


@contextmanager
def _piped_out(file: BinaryIO | _Inner, identities: list[x25519.Identity]) -> Iterator[BinaryIO]:
    """The decrypted bytes of `file`. age authenticates every 64 KiB of them, and their end."""
    outlet, inlet = os.pipe()

    def decrypt() -> None:
        with os.fdopen(inlet, "wb") as writer:
            library().decrypt_io(file, writer, identities)

    task = _Task(decrypt)
    task.start()
    try:
        with os.fdopen(outlet, "rb") as stream:
            yield stream
            if stream.read(1):
                raise DamagedArchive("something stands behind the end of the archive")
    finally:
        task.join()
        if task.failure is not None and not isinstance(task.failure, BrokenPipeError):
            raise _unreadable(task.failure) from task.failure


def _unreadable(failure: Exception) -> SnapshotProblem:
    if "matching keys" in str(failure):
        return WrongKey("the archive is encrypted for somebody else: this secret key does not open it")
    return DamagedArchive(f"the encrypted archive is damaged: {failure}")
