"""The server's name and addresses, and its concurrency."""

from __future__ import annotations

from typing import Final

from .setting import Group, Kind, Setting

DEFAULT_ORIGINS: Final = "http://localhost:3000,http://localhost:3001,http://127.0.0.1:3000,http://127.0.0.1:3001"
GROUPS: Final = (
    Group(
        "Name and addresses",
        (
            Setting(
                "APP_NAME",
                Kind.TEXT,
                "MicroDock Plugin Server",
                "The server's name in `/`, in `/api/health` and in the API documentation.",
            ),
            Setting(
                "APP_VERSION",
                Kind.TEXT,
                "",
                "The version that is shown in the same places.",
                follows="the version that is installed",
            ),
            Setting(
                "DEBUG",
                Kind.SWITCH,
                True,
                "`true`: a missing `JWT_SECRET_KEY` is generated, and the default password works for clients of the "
                "same machine. `false`: the server refuses to start on anything unsafe and names the variable to set.",
            ),
            Setting("HOST", Kind.TEXT, "127.0.0.1", "The address to listen on."),
            Setting("PORT", Kind.NUMBER, 8000, "The port to listen on.", 1, 65535),
            Setting(
                "PUBLIC_URL",
                Kind.URL,
                "",
                "Where clients reach the server. URLs in answers begin with it. Empty: they begin with `/`.",
            ),
            Setting(
                "GALLERY",
                Kind.SWITCH,
                True,
                "Show the marketplace as pages to browsers: at `/`, and plugins below `/plugins`. `false`: `/` leads "
                "browsers to the admin page.",
            ),
            Setting(
                "SECURITY_CONTACT",
                Kind.TEXT,
                "",
                "Whom to tell of a security hole: an e-mail address, or `mailto:`, `https://` or `tel:`, in "
                "`/.well-known/security.txt`. Empty: that file is 404.",
            ),
            Setting(
                "APP_LINK_SCHEME",
                Kind.TEXT,
                "microdock",
                "The scheme of the links that open a plugin in the host app.",
            ),
            Setting(
                "TRUSTED_PROXIES",
                Kind.NUMBER,
                0,
                "How many reverse proxies stand in front. `0`: `X-Forwarded-For` is ignored.",
                0,
                10,
            ),
            Setting(
                "CORS_ORIGINS",
                Kind.LIST,
                DEFAULT_ORIGINS,
                "Origins of browser pages that may call the API, separated by commas. `null` and `app://…` are "
                "allowed. Requests from other pages that would change something are refused with 403.",
            ),
            Setting(
                "ALLOWED_HOSTS",
                Kind.LIST,
                "",
                "Host names that the server answers to, such as `plugins.example.com,*.example.org`. Addresses, names "
                "without a dot, `*.local` and the host of `PUBLIC_URL` always work; any other name is refused with "
                "400. Empty, behind `TRUSTED_PROXIES`: every name that the proxy passes on.",
            ),
        ),
    ),
    Group(
        "Processes and connections",
        (
            Setting("WEB_CONCURRENCY", Kind.NUMBER, 2, "Worker processes.", 1, 256),
            Setting("WEB_THREADS", Kind.NUMBER, 16, "Request threads in each worker process.", 1, 1024),
            Setting(
                "WS_MAX_CONNECTIONS",
                Kind.NUMBER,
                200,
                "WebSockets in each worker process; each has a thread of its own. `0` turns `/ws` off.",
                0,
                10_000,
            ),
            Setting(
                "WS_MAX_PER_USER",
                Kind.NUMBER,
                10,
                "WebSockets of one user in each worker process. One more closes the oldest.",
                1,
                10_000,
            ),
            Setting(
                "CLIENT_GRACE_SECONDS",
                Kind.SECONDS,
                10,
                "A client has this long to send the head of a request. Slowness counts only after this time.",
                1,
                600,
            ),
            Setting(
                "CLIENT_MIN_RATE",
                Kind.NUMBER,
                1024,
                "Bytes a second. A client that sends or reads more slowly on average is cut off. `0`: never.",
                0,
                1 << 30,
            ),
        ),
    ),
)
