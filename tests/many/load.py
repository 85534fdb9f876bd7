"""Clients of all kinds that work through nginx at once, and write down what they were told."""

from __future__ import annotations

import itertools
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final, NamedTuple, Self

import requests

from ..live import eventually, large_package, sha256
from ..sockets import SocketHarness
from ..support import package
from .cluster import ADMINISTRATOR, SECONDS, Cluster, Visitor

BROKEN_OFF: Final = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
DOWNLOADED: Final = "com.example.downloaded"
KINDS: Final = ("upload", "backup", "download", "rating", "login", "list")
# A client's rest: it is order that is tested here, not speed.
PAUSE: Final = 0.05


class Loss(NamedTuple):
    """A request that was not answered as it should: by which client, of which kind, and what came instead."""

    client: str
    kind: str
    instead: str


class Load:
    """One client of each kind, two of downloads, from `with` to its end; then what was asked, answered and lost.

    A client whose request is lost asks once more where that is safe, and nothing is being interrupted: `again` has the
    outcome.
    """

    def __init__(self, cluster: Cluster, harness: SocketHarness) -> None:
        self.cluster, self._harness = cluster, harness
        self.asked, self.good = Counter[str](), Counter[str]()
        self.lost: list[Loss] = []
        self.again: list[tuple[str, int]] = []
        self.uploaded: dict[str, str] = {}
        self.kept: dict[int, str] = {}
        self.rated: set[str] = set()
        self._data = large_package(200_000, name=DOWNLOADED)
        self._numbers, self._lock, self._done = itertools.count(1), threading.Lock(), threading.Event()
        self._crashes: list[BaseException] = []
        self._whole = threading.Event()
        self._whole.set()
        assert cluster.client().upload(self._data).status_code == 200
        jobs = [getattr(self, f"_{kind}") for kind in (*KINDS, "download")]
        self._threads = [threading.Thread(target=self._work, args=(job,), name=f"{n}") for n, job in enumerate(jobs)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(SECONDS)
        if self._crashes and error is None:
            raise self._crashes[0]

    @contextmanager
    def interrupted(self) -> Iterator[None]:
        """The context takes a node away. Until it is gone, whoever lost a request to it might lose the next one too."""
        self._whole.clear()
        try:
            yield
        finally:
            self._whole.set()

    def goes_on(self, times: int = 2) -> None:
        """Every kind is answered well so many times more."""
        before = self.good.copy()

        def all_did() -> bool:
            return bool(self._crashes) or all(self.good[kind] >= before[kind] + times for kind in KINDS)

        assert eventually(all_did, SECONDS) and not self._crashes, (self.good - before, self.lost, self._crashes)

    def _work(self, job: Callable[[], None]) -> None:
        try:
            while not self._done.is_set():
                job()
                self._done.wait(PAUSE)
        except Exception as reason:
            self._crashes.append(reason)

    def _ask(self, kind: str, call: Callable[[], requests.Response], fine: int = 200) -> requests.Response | None:
        """The answer, where it is `fine`."""
        with self._lock:
            self.asked[kind] += 1
        try:
            answer = call()
        except BROKEN_OFF as reason:
            self._lose(kind, type(reason).__name__)
            return None
        if answer.status_code != fine:
            self._lose(kind, f"{answer.status_code}: {answer.text[:200]}")
            return None
        with self._lock:
            self.good[kind] += 1
        return answer

    def _lose(self, kind: str, instead: str) -> None:
        self.lost.append(Loss(threading.current_thread().name, kind, instead))

    def _safely(self, kind: str, call: Callable[[], requests.Response]) -> requests.Response | None:
        """The answer of a request that may be asked twice."""
        answer = self._ask(kind, call)
        if answer is None:
            assert self._whole.wait(SECONDS)
            answer = self._ask(kind, call)
            self.again.append((kind, 200 if answer else 0))
        return answer

    def _client(self, token: str | None = None) -> Visitor:
        return self.cluster.client(token)

    def _upload(self) -> None:
        name = f"com.example.p{next(self._numbers)}"
        data, client = package(name=name), self._client()
        if self._ask("upload", lambda: client.upload(data)):
            self.uploaded[name] = sha256(data)
        elif not self._done.is_set():
            # It may be there already; it may not be there twice.
            assert self._whole.wait(SECONDS)
            again = client.upload(data).status_code
            self.again.append(("upload", 200 if again == 409 else again))
            self.uploaded[name] = sha256(data)

    def _backup(self) -> None:
        data, client = os.urandom(5_000), self._client()
        if answer := self._ask("backup", lambda: client.back_up(data, user_key=f"user-key-{next(self._numbers)}")):
            self.kept[answer.json()["data"]["id"]] = sha256(data)

    def _download(self) -> None:
        client = self._client()
        if answer := self._safely("download", lambda: client.download(DOWNLOADED)):
            assert answer.content == self._data

    def _rating(self) -> None:
        token = self._harness.token(self._harness.user())
        path = f"/api/v1/marketplace/plugins/{DOWNLOADED}/reviews"
        body = {"rating": 4, "title": "t", "content": "c"}
        if answer := self._ask("rating", lambda: self._client(token).post(path, body), 201):
            self.rated.add(answer.json()["data"]["id"])

    def _login(self) -> None:
        self._safely("login", lambda: self._client().post("/api/auth/login", ADMINISTRATOR))

    def _list(self) -> None:
        known = set(self.uploaded)
        if answer := self._safely("list", lambda: self._client().get("/api/plugins/list")):
            assert known <= {plugin["name"] for plugin in answer.json()["data"]}
