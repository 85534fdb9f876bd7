"""Plugins for those who make software."""

from __future__ import annotations

from typing import Final

from .shapes import Entry, Release

ENTRIES: Final = (
    Entry(
        "dock.oddling.jsonnest", "oddling", "Nest",
        "Folds, sorts and compares JSON, however deep it goes. Comments are forgiven.",
        """Paste anything that is nearly JSON. Nest says where it stops being so, and offers to mend it.

- Opens files of **200 MB** by reading only what you unfold
- Compares two documents by meaning, not by line
- Paths on a click: `orders[3].lines[0].sku`
""",
        "data", ("json", "diff", "developer"), "moss",
        "a w 34 50 22 110 250 7; a w 66 50 22 290 430 7; c a 50 38 6; c a 50 54 6; c a 50 70 6",
        ("editor", "table"),
        (
            Release("1.0.0", "Folds."),
            Release("1.1.0", "Sorts, and forgives comments."),
            Release("2.0.0", "- Compares by meaning\n- Large files"),
            Release("2.0.1", "Fixes a crash with keys that are only a space. You know who you are."),
        ),
        ("file:upload",), ("file_system",), first=370, last=28, daily=73,
    ),
    Entry(
        "dock.beichuang.zhengze", "beichuang", "正则放大镜",
        "把正则表达式拆开给你看，每一步匹配到哪里一目了然。",
        """写正则像猜谜？让它慢放一遍。

- 图示每个分组与回溯，**危险的写法会标红**
- 左边写表达式，右边贴样例，改一个字就重跑
- 内置三十个常用样例：日期、邮箱、版本号……

```regex
(?<年>\\d{4})-(?<月>\\d{2})-(?<日>\\d{2})
```
""",
        "data", ("正则", "文本", "developer"), "lagoon",
        "c w 45 45 23; c b 45 45 16; l w 62 62 78 78 9; c a 40 51 4; l a 47 37 47 49 3; l a 42 40 52 46 3; l a 42 46 52 40 3",
        ("editor", "table"),
        (
            Release("1.0.0", "放大镜擦亮了。"),
            Release("1.1.0", "- 回溯动画\n- 样例库"),
            Release("1.2.0", "识别灾难性回溯，并给出改写建议。"),
        ),
        (), first=260, last=35, daily=42,
    ),
    Entry(
        "dock.pebblewick.portlight", "pebblewick", "Portlight",
        "Which program listens on which port, and a polite way to ask it to leave.",
        """A small window with the sea outside: every open port, the program behind it, since when.

- Filters by number, program or *mine*
- Ends a program **only** after asking, and says what it was doing
- Warns of ports that the whole network can reach
""",
        "network", ("ports", "network", "developer"), "lagoon",
        "c w 50 50 31; c b 50 50 23; p a 28 54 40 48 50 54 60 48 72 54 68 66 50 73 32 66; c w 60 38 5; c d 50 16 3; "
        "c d 50 84 3; c d 16 50 3; c d 84 50 3",
        ("table", "list"),
        (
            Release("1.0.0", "Looks out of the window."),
            Release("1.1.0", "- Says which ports the network can reach\n- IPv6"),
            Release("1.2.0", "Asks politely. Then waits five seconds."),
        ),
        ("ui:modal", "websocket:connect"), ("network", "process"), first=240, last=57, daily=36,
    ),
    Entry(
        "dock.tallow.sketchql", "tallow", "Sketch SQL",
        "Draw the tables, get the SQL; paste the SQL, get the drawing.",
        """A whiteboard for schemas. Boxes become `CREATE TABLE`, arrows become foreign keys, and the other way round.

- SQLite, PostgreSQL and the dialect in your head
- Migrations as the **difference of two drawings**
- Exports SVG for your wiki
""",
        "data", ("sql", "schema", "diagram"), "plum",
        "r w 18 24 28 22 4; r w 54 54 28 22 4; r a 18 24 28 8 4; r a 54 54 28 8 4; l w 46 38 68 38 4; l w 68 38 68 52 4",
        ("board", "editor", "table"),
        (
            Release("0.9.0", "Boxes and arrows."),
            Release("1.0.0", "- Reads SQL\n- Writes migrations"),
            Release("1.1.0", "Taken back: on SQLite it wrote columns in the wrong order."),
            Release("1.1.1", "Writes columns in the order in which you drew them. Sorry."),
        ),
        ("file:upload", "file:download"), ("file_system",), first=175, last=15, daily=31,
    ),
    Entry(
        "dock.beichuang.rizhi", "beichuang", "日志河",
        "把滚动的日志变成一条河：平静时是蓝的，出事的那一段会变红。",
        """不必盯着满屏的字。

- 自动识别时间、级别与线程，**同类消息合并**
- 拖动河面回到任意时刻，前后文一起显示
- 支持远程文件（SSH 由宿主程序提供）
""",
        "data", ("日志", "监控", "developer"), "slate",
        "l w 14 36 34 30 7; l w 34 30 54 40 7; l w 54 40 86 30 7; l a 14 54 34 48 7; l a 34 48 54 58 7; l a 54 58 86 48 7; "
        "l w 14 72 34 66 7; l w 34 66 54 76 7; l w 54 76 86 66 7",
        ("chart", "table"),
        (
            Release("1.0.0", "小溪。"),
            Release("2.0.0", "- 大河：百万行不卡顿\n- 同类消息合并"),
            Release("2.1.0", "暂停推送：部分用户反馈内存占用偏高，正在排查。", rollout=40),
        ),
        ("file:upload", "http:api"), ("file_system",), first=220, last=4, daily=27,
    ),
    Entry(
        "dock.qingmei.httpxiaomei", "qingmei", "请求小梅",
        "轻巧的 HTTP 调试工具，请求写成文本，能存进代码仓库。",
        """一个请求就是一段文本：

```http
POST /orders
Content-Type: application/json

{"sku": "梅子酒", "count": 2}
```

- 变量、环境与**断言**都写在文件里
- 响应可以与上一次对比
- 不需要账号，不上传任何历史
""",
        "network", ("http", "接口", "developer"), "berry",
        "l w 22 38 70 38 7; p w 66 26 82 38 66 50; l a 78 62 30 62 7; p a 34 50 18 62 34 74",
        ("editor", "table"),
        (
            Release("1.0.0", "发出第一个请求。"),
            Release("1.1.0", "- 环境变量\n- 断言"),
            Release("1.2.0", "支持 WebSocket 与流式响应。"),
            Release("2.0.0-rc.1", "2.0 预览版：全新的请求编辑器，欢迎试用并反馈。"),
        ),
        ("http:external", "websocket:connect", "storage:local"), ("network",), first=255, last=7, daily=58,
    ),
    Entry(
        "dock.pebblewick.lighthouse", "pebblewick", "Harbour Light",
        "Watches your own servers and shows a green light, or does not.",
        """Give it addresses. It asks each one every minute, keeps ninety days of answers, and is quiet otherwise.

- Certificates: tells you **three weeks** before they end
- A page you can print for the wall
- Needs MicroDock 3.0 for its background service
""",
        "network", ("monitoring", "server"), "sky",
        "p w 42 34 58 34 63 80 37 80; r a 40 24 20 10 2; p a 60 26 86 16 86 34; r d 40 50 20 8 1; p w 38 24 62 24 50 14",
        ("chart", "list"),
        (
            Release("0.9.0", "Lit."),
            Release("1.0.0", "- Certificates\n- Ninety days of answers"),
        ),
        ("http:external", "ui:notification", "storage:local"), ("network",), engine=">=3.0.0", first=95, last=23, daily=21,
    ),
    Entry(
        "dock.tallow.snippets", "tallow", "Pocket Snippets",
        "Keeps the twenty lines of code that you look up every month.",
        """Save a snippet with two words, find it with either. Placeholders ask for their values when you paste.

Pocket Snippets has known better days: version 2 stores its files safely, version 1 did not. **Update, please.**
""",
        "data", ("snippets", "clipboard", "developer"), "pine",
        "r w 24 28 52 50 8; p b 38 28 62 28 62 40 50 48 38 40; l a 40 58 34 64 5; l a 34 64 40 70 5; l a 60 58 66 64 5; "
        "l a 66 64 60 70 5",
        ("list", "editor"),
        (
            Release("1.0.0", "Twenty lines, two words."),
            Release("1.1.0", "Placeholders."),
            Release("2.0.0", "**Security:** snippets are stored where only you can read them. Everybody should update."),
        ),
        ("storage:local", "user:modify"), ("file_system",), first=310, last=33, daily=24,
    ),
)  # fmt: skip
