"""Load from wrk: requests a second, and whether every answer was a good one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .client import Request
from .results import NotMeasured

CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk saw."""

    rate: float
    completed: int


def run(
    port: int,
    request: Request,
    seconds: int,
    connections: int = CONNECTIONS,
    bodies: Sequence[str] = (),
    paths: Sequence[str] = (),
) -> Load:
    """Ask over kept connections for some seconds. Raises NotMeasured if any answer failed.

    With `bodies`, or with `paths`, every request has the next one of them.
    """
    if shutil.which("wrk") is None:
        raise NotMeasured("wrk is not installed")
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "request.lua"
        script.write_text(_script(request, bodies, paths), encoding="utf-8")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script)]
        command.append(f"http://127.0.0.1:{port}{request.path}")
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
        except subprocess.TimeoutExpired as reason:
            raise NotMeasured("wrk did not end") from reason
    return _parse(done.stdout + done.stderr)


def _script(request: Request, bodies: Sequence[str] = (), paths: Sequence[str] = ()) -> str:
    """Constants only, unless something changes: wrk then makes the request once, not once a request."""
    lines = [f"wrk.method = {_quote(request.method)}"]
    lines += [f"wrk.headers[{_quote(name)}] = {_quote(value)}" for name, value in request.all_headers.items()]
    if request.body is not None:
        lines.append(f"wrk.body = {_quote(request.body)}")
    if bodies:
        lines.append(f"local bodies, turn = {{ {', '.join(map(_quote, bodies))} }}, 0")
        lines.append("function request() turn = turn % #bodies + 1; return wrk.format(nil, nil, nil, bodies[turn]) end")
    if paths:
        lines.append(f"local paths, made, turn = {{ {', '.join(map(_quote, paths))} }}, {{}}, 0")
        lines.append("function init() for place, path in ipairs(paths) do made[place] = wrk.format(nil, path) end end")
        lines.append("function request() turn = turn % #made + 1; return made[turn] end")
    return "\n".join(lines) + "\n"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _parse(output: str) -> Load:
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    completed = re.search(r"(\d+) requests in", output)
    if rate is None or completed is None:
        raise NotMeasured(f"wrk said: {output[:200]}")
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if bad:
        raise NotMeasured(f"{bad[1]} of {completed[1]} answers were refusals")
    errors = re.search(r"Socket errors: (.*)", output)
    if errors:
        raise NotMeasured(f"socket errors: {errors[1]}")
    if not int(completed[1]):
        raise NotMeasured("no answer came in time")
    return Load(float(rate[1]), int(completed[1]))
