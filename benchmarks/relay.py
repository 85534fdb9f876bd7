"""A network that is slow to answer: connections are passed on, and what a client sends arrives later.

`python -m benchmarks.relay TARGET_PORT MILLISECONDS` prints its port. A process of its own, so that it and the clients
that measure do not wait for one another.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 1 << 16
Due = tuple[float, bytes]


@contextmanager
def delaying(target: int, milliseconds: float) -> Iterator[int]:
    """Relay to `target` on this machine for as long as the context lasts; yields the port to connect to instead."""
    command = [sys.executable, "-m", "benchmarks.relay", str(target), str(milliseconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


async def serve(target: int, seconds: float) -> None:
    """Accept for ever; what clients send is so much later at the target, what comes back is not delayed."""

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(_later(reader, forth, seconds), _later(back, writer, 0))

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _later(source: asyncio.StreamReader, target: asyncio.StreamWriter, seconds: float) -> None:
    """Pass everything on in its order, each part so long after it came, whatever else is on its way."""
    parts: asyncio.Queue[Due] = asyncio.Queue()
    sending = asyncio.create_task(_send(parts, target))
    time = asyncio.get_running_loop().time
    with suppress(OSError):
        while part := await source.read(CHUNK):
            parts.put_nowait((time() + seconds, part))
    parts.put_nowait((time() + seconds, b""))
    await sending


async def _send(parts: asyncio.Queue[Due], target: asyncio.StreamWriter) -> None:
    time = asyncio.get_running_loop().time
    with suppress(OSError):
        while (found := await parts.get())[1]:
            if (left := found[0] - time()) > 0:
                await asyncio.sleep(left)
            target.write(found[1])
            await target.drain()
    target.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
