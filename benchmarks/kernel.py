"""Which system calls move a process's bytes, as strace sees them."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .results import NotMeasured

CALLS = "sendfile,read,pread64,write,sendto,sendmsg,splice"
RETURNED = re.compile(r"(\w+)(?:\(| resumed>).*= (\d+)$")


def bytes_by_call(pids: Sequence[int], act: Callable[[], Any]) -> dict[str, int]:
    """How many bytes each of these calls returned in the processes while `act` ran."""
    if shutil.which("strace") is None:
        raise NotMeasured("strace is not installed")
    with tempfile.TemporaryDirectory() as directory:
        trace = Path(directory) / "trace"
        command = ["strace", "-f", "-q", "-s", "0", "-e", f"trace={CALLS}", "-o", str(trace)]
        for pid in pids:
            command += ["-p", str(pid)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        try:
            time.sleep(1)
            if process.poll() is not None:
                raise NotMeasured(f"strace: {process.communicate()[1].decode()[:200]}")
            act()
        finally:
            process.terminate()
            process.wait(timeout=30)
        return _sums(trace.read_text(errors="replace"))


def _sums(trace: str) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for line in trace.splitlines():
        found = RETURNED.search(line)
        if found:
            sums[found[1]] += int(found[2])
    return dict(sums)
