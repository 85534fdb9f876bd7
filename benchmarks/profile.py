"""Where a worker spends its time: py-spy on one worker while wrk asks, as a list of functions."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from . import wrk
from .answers import GZIP, LIST, conditional, installed
from .client import Request
from .results import NotMeasured
from .servers import Server, program
from .stage import LARGE, MEGABYTE, PUBLISHED, SMALL, Stage, name_body, publish

SECONDS = 6
SHOWN = 45


def _post(path: str, name: str = PUBLISHED) -> Callable[[Server], Request]:
    return lambda _: Request(path, "POST", body=name_body(name))


REQUESTS: dict[str, tuple[int, Callable[[Server], Request]]] = {
    "list": (SMALL, lambda _: Request(LIST, headers=GZIP)),
    "list-10000": (LARGE, lambda _: Request(LIST, headers=GZIP)),
    "304": (SMALL, conditional),
    "detail": (SMALL, _post("/api/plugins/detail")),
    "versions": (SMALL, _post("/api/plugins/versions")),
    "installed": (SMALL, installed),
    "download": (0, _post("/api/plugins/download", "com.example.mebibyte")),
}


def profile(stage: Stage, name: str, log_level: str) -> str:
    """Functions by the share of samples they were on the stack in, and the share they were on top in."""
    recorder = shutil.which("py-spy") or shutil.which(program("py-spy"))
    if recorder is None:
        raise NotMeasured("py-spy is not installed: pip install py-spy")
    size, make = REQUESTS[name]
    server = stage.catalogue(size, log_level) if size else stage.files(log_level)
    if not size:
        publish(server, stage.package("mebibyte", MEGABYTE))
    request = make(server)
    load = threading.Thread(target=wrk.run, args=(server.port, request, SECONDS + 3))
    load.start()
    with tempfile.TemporaryDirectory() as directory:
        stacks = Path(directory) / "stacks"
        command = [recorder, "record", "--pid", str(server.workers[0]), "--duration", str(SECONDS), "--rate", "200"]
        command += ["--format", "raw", "--output", str(stacks), "--gil", "--nonblocking"]
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS + 60)
        load.join()
        return _render(stacks.read_text())


def _render(stacks: str) -> str:
    whole: Counter[str] = Counter()
    own: Counter[str] = Counter()
    for line in stacks.splitlines():
        frames, _, count = line.rpartition(" ")
        if not count.isdecimal():
            continue  # read while the worker was changing it
        names = [frame.rpartition(":")[0] or frame for frame in frames.split(";")]
        own[names[-1]] += int(count)
        for name in set(names):
            whole[name] += int(count)
    total = sum(own.values()) or 1
    lines = [f"{'stack':>6} {'top':>6}  function ({total} samples that held the GIL)"]
    for name, count in whole.most_common(SHOWN):
        lines.append(f"{count / total:6.1%} {own[name] / total:6.1%}  {name}")
    return "\n".join(lines)
