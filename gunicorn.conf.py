"""gunicorn's configuration, derived from the settings: see docs/settings.md."""

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

# Nothing loaded now becomes garbage: collecting it while loading would take a seventh of the time. See on_starting.
gc.disable()

# New files are private to the server: see microdock_server/file_modes.py.
os.umask(0o077)

if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    # The metrics library decides at import whether processes are summed: so this precedes the package's import, and
    # reads DATA_DIR as the settings do. Not repeated on reload: running workers still count there.
    package = Path(find_spec("microdock_server").origin).parent
    read_env = run_path(str(package / "config" / "read_env.py"))["read_env"]
    data_dir = read_env().get("DATA_DIR") or "instance"
    # Each server has its own directory: the previous one may still run, and continue if this one fails to start.
    metrics = Path(data_dir).absolute() / "metrics" / str(os.getpid())
    for left in metrics.parent.glob("*"):
        if left == metrics or not Path("/proc", left.name).exists():
            shutil.rmtree(left, ignore_errors=True)
    metrics.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)

from microdock_server.addresses.urls import joined
from microdock_server.config import load_settings

settings = load_settings()

# Open files of a worker: for every thread a connection and two databases with their logs; and some more.
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
# Answers that clients read slowly have threads of their own, besides those of requests and WebSockets.
transfers = 4 * settings.web_threads
needed = 1024 + 8 * (settings.web_threads + settings.ws_max_connections + transfers)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed if hard < 0 else min(needed, hard)), hard))

bind = joined(settings.host, settings.port)
# gunicorn's threaded worker, but heads and small bodies are read before a thread is used: slow clients occupy none.
worker_class = "microdock_server.serving.worker.Worker"
workers = settings.web_concurrency
# A WebSocket occupies a thread as long as it is open; requests have their own.
threads = settings.web_threads + 1 + settings.ws_max_connections + transfers
worker_connections = 1000 + settings.ws_max_connections + transfers
# One copy of the code and loaded data, shared by all workers.
preload_app = True
# Keep-alive, because a new connection costs half as much as an answer.
keepalive = 75
graceful_timeout = 30
timeout = 60
# Two servers of one user would use the same control socket.
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
# The application reads client addresses by TRUSTED_PROXIES; gunicorn must trust no peer before that:
# neither a scheme, nor SCRIPT_NAME and PATH_INFO, which gunicorn takes from headers. Other names with _ are dropped.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers = {}
header_map = "drop"
accesslog = None
loglevel = settings.log_level.lower()
proc_name = "microdock"


def on_starting(server):
    """In the arbiter, before the first worker: takes a lock that is held until the last worker has ended."""
    from microdock_server.storage import data_dir_lock

    # Workers inherit loaded objects, which are excluded from garbage collection, so that their pages stay shared.
    gc.freeze()
    gc.enable()
    try:
        server.data_dir_lock = data_dir_lock.lock_shared(settings.data_dir)
    except data_dir_lock.InUse as reason:
        raise SystemExit(f"not started: {reason}") from reason


def on_reload(server):
    """In the arbiter, which has just read this file again, before it starts new workers."""
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
    from microdock_server.jobs.active_hosts import ActiveHosts
    from microdock_server.jobs.node_maintenance import NodeMaintainer
    from microdock_server.serving import late_modules

    late_modules.load_later()
    worker.refusal = EarlyRefusals(worker.app.callable)
    worker.node_maintainer = NodeMaintainer(worker.app.callable, settings)
    worker.node_maintainer.start()
    worker.active_hosts = ActiveHosts(worker.app.callable)
    worker.active_hosts.start()
    hub = worker.app.callable.extensions.get("microdock.hub")
    if hub is not None:
        # A stopping worker waits for its threads: WebSockets must be closed first.
        hub.is_wanted = lambda: worker.alive and worker.ppid == os.getppid()
    if "SUPERVISOR_READY_FD" in os.environ:
        with suppress(OSError):
            os.write(int(os.environ["SUPERVISOR_READY_FD"]), b".")


def worker_exit(server, worker):
    """In a worker that exits by itself: gunicorn's last call there."""
    from microdock_server.api.core.state import close_databases
    from microdock_server.serving.process_exit import end_like

    if hasattr(worker, "node_maintainer"):
        worker.node_maintainer.stop()
        worker.active_hosts.stop()
        end_like(sys.exc_info()[1], partial(close_databases, worker.app.callable))


def on_exit(server):
    """In the arbiter, when all workers have ended: gunicorn's last call there."""
    from microdock_server.serving.process_exit import end

    # The reason of its exit: a signal, or a HaltServer with an exit code.
    end(getattr(sys.exc_info()[1], "exit_status", 0))


def child_exit(server, worker):
    """In the arbiter: removes the gauges of a worker that has ended."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
