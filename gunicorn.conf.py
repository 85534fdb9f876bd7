"""How gunicorn runs the server. Everything here follows from the settings; see the README's table."""

import gc
import os
import resource
import shutil
import signal
import sys
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from runpy import run_path

# Nothing that loads now becomes garbage: to look for some as it grows takes a seventh of the time. See on_starting.
gc.disable()

# Its files are the server's alone: see microdock_server/file_modes.py.
os.umask(0o077)

if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    # The metrics' library decides when it is imported whether workers add up: so this stands before the package, and
    # reads DATA_DIR as the settings do. Not again on reload: the workers that run still count there.
    package = Path(find_spec("microdock_server").origin).parent
    read_env = run_path(str(package / "config" / "read_env.py"))["read_env"]
    data_dir = read_env().get("DATA_DIR") or "instance"
    # Each server has its own: the one before may still run, and go on if we do not start.
    metrics = Path(data_dir).absolute() / "metrics" / str(os.getpid())
    for left in metrics.parent.glob("*"):
        if left == metrics or not Path("/proc", left.name).exists():
            shutil.rmtree(left, ignore_errors=True)
    metrics.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)

from microdock_server.addresses.urls import joined
from microdock_server.config import load_settings

settings = load_settings()

# Files that a worker may have open: a connection and two databases, each with its log, for every thread; and some.
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
# Answers that clients read slowly have threads beside those of requests and of WebSockets.
transfers = 4 * settings.web_threads
needed = 1024 + 8 * (settings.web_threads + settings.ws_max_connections + transfers)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed if hard < 0 else min(needed, hard)), hard))

bind = joined(settings.host, settings.port)
# gunicorn's threads, with heads and small bodies read before a thread is asked: nobody holds one by being slow.
worker_class = "microdock_server.serving.worker.Worker"
workers = settings.web_concurrency
# A WebSocket keeps a thread for as long as it lives; requests have theirs beside it.
threads = settings.web_threads + 1 + settings.ws_max_connections + transfers
worker_connections = 1000 + settings.ws_max_connections + transfers
# One copy of the code and of what it loaded, shared by all workers.
preload_app = True
# A client that pauses between requests keeps its connection: a new one costs half of what an answer does.
keepalive = 75
graceful_timeout = 30
timeout = 60
# Two servers of one user would fight over one control socket.
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
# The application sees its clients' addresses through TRUSTED_PROXIES; nothing is believed before that, of nobody:
# neither a scheme, nor SCRIPT_NAME and PATH_INFO, which gunicorn takes from headers. Other names with _ are dropped.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers = {}
header_map = "drop"
accesslog = None
loglevel = settings.log_level.lower()
proc_name = "microdock"


def on_starting(server):
    """In the arbiter, before the first worker: all of them hold this lock until the last of them has ended."""
    from microdock_server.storage import data_dir_lock

    # Workers inherit what is loaded: nobody searches it again, so that its pages stay shared.
    gc.freeze()
    gc.enable()
    try:
        server.data_dir_lock = data_dir_lock.lock_shared(settings.data_dir)
    except data_dir_lock.InUse as reason:
        raise SystemExit(f"not started: {reason}") from reason


def on_reload(server):
    """In the arbiter, which has read this file again, before its next workers."""
    gc.enable()


def post_fork(server, worker):
    """In each worker, before it boots: a SIGTERM that arrives before gunicorn installs its handlers would be lost."""
    from microdock_server.serving.pace import Deadlines

    deadlines = Deadlines(settings.client_grace_seconds, settings.client_min_rate)
    worker.configure(deadlines, trusts_peers=settings.trusted_proxies > 0, transfers=transfers)
    signal.signal(signal.SIGTERM, lambda *_: setattr(worker, "alive", False))


def post_worker_init(worker):
    """In each worker, once it is ready to answer."""
    from microdock_server.api.core.early_refusals import EarlyRefusals
    from microdock_server.jobs.node_maintenance import NodeMaintainer

    worker.refusal = EarlyRefusals(worker.app.callable.extensions["microdock_api"].origins)
    worker.node_maintainer = NodeMaintainer(worker.app.callable, settings)
    worker.node_maintainer.start()
    hub = worker.app.callable.extensions.get("microdock.hub")
    if hub is not None:
        # A worker that is to end waits for its threads: the sockets have to be closed first.
        hub.is_wanted = lambda: worker.alive and worker.ppid == os.getppid()
    if "SUPERVISOR_READY_FD" in os.environ:
        with suppress(OSError):
            os.write(int(os.environ["SUPERVISOR_READY_FD"]), b".")


def worker_exit(server, worker):
    """In a worker that ends by itself: the last thing that gunicorn does there."""
    from microdock_server.api.core.state import close_databases
    from microdock_server.serving.process_exit import end_like

    if hasattr(worker, "node_maintainer"):
        worker.node_maintainer.stop()
        end_like(sys.exc_info()[1], partial(close_databases, worker.app.callable))


def on_exit(server):
    """In the arbiter, when all workers have ended: the last thing as well."""
    from microdock_server.serving.process_exit import end

    # What it ends for: to be told to, or a HaltServer, which says how.
    end(getattr(sys.exc_info()[1], "exit_status", 0))


def child_exit(server, worker):
    """In the arbiter: gauges of a worker that is gone are gone as well."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
