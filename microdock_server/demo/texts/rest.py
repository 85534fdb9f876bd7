"""Plugins for the machine and for joy, and those that were not published, or are so no more."""

from __future__ import annotations

from typing import Final

from .shapes import Entry, Release

ENTRIES: Final = (
    Entry(
        "dock.pebblewick.attic", "pebblewick", "Attic",
        "Finds what fills your disk, oldest and heaviest first, and never deletes on its own.",
        """Attic walks through your folders like somebody who may leave again without taking anything.

- A map of your disk in **under a minute** for a million files
- Doubles, by content
- Moves to the recycle bin, and only what you tick
""",
        "system", ("disk", "cleanup"), "sand",
        "p w 50 18 84 46 76 46 76 80 24 80 24 46 16 46; r a 42 54 16 26 3; c b 50 40 6",
        ("chart", "table"),
        (
            Release("1.0.0", "Up the ladder."),
            Release("1.1.0", "Doubles."),
            Release("1.2.0", "- Four times faster\n- Network drives"),
        ),
        ("ui:modal",), ("file_system",), first=320, last=47, daily=49,
    ),
    Entry(
        "dock.zhiyue.jianpan", "zhiyue", "键盘地图",
        "记下你最常用的快捷键，画成一张热力图，再告诉你哪些可以更顺手。",
        """哪个键最累？一周后揭晓。

- 只记**次数**，不记内容，更不联网
- 建议会考虑左右手的平衡
- 支持导出为壁纸，贴在屏幕边上
""",
        "system", ("快捷键", "键盘", "效率"), "moss",
        "r w 16 34 68 36 6; r a 23 41 9 8 2; r d 36 41 9 8 2; r d 49 41 9 8 2; r a 62 41 15 8 2; r d 30 55 40 8 2",
        ("grid", "chart"),
        (
            Release("1.0.0", "开始计数。"),
            Release("1.1.0", "- 左右手平衡\n- 导出壁纸"),
        ),
        ("storage:local",), ("process",), first=145, last=55, daily=22,
    ),
    Entry(
        "dock.oddling.battery", "oddling", "Second Wind",
        "Keeps a laptop's battery between 30 and 80 percent, and says why that is kind.",
        """Batteries age by being full. Second Wind asks the firmware to stop at eighty, where it listens, and reminds you
to unplug where it does not.

Currently out of service while we look into a report about one family of laptops.
""",
        "system", ("battery", "laptop"), "pine",
        "r w 22 36 52 30 6; r w 75 45 6 12 2; r a 28 42 26 18 3; p d 48 36 60 36 52 50 60 50 44 68 50 54 42 54",
        ("chart",),
        (
            Release("1.0.0", "Breathes in."),
            Release("1.1.0", "Breathes out more slowly."),
        ),
        ("ui:notification",), ("process",), first=165, last=80, daily=11,
    ),
    Entry(
        "dock.beichuang.jiantie", "beichuang", "剪贴长廊",
        "剪贴板的历史画廊：文字、图片、颜色各占一墙，找起来像逛展。",
        """复制过的东西，都挂在墙上。

- 密码管理器复制的内容**不会被记录**
- 搜索支持拼音首字母
- 长按空格，直接粘贴纯文本

依赖「日志河」的索引引擎。
""",
        "system", ("剪贴板", "历史", "效率"), "berry",
        "r w 20 26 26 48 4; r a 50 26 30 21 4; r d 50 53 30 21 4; l b 26 36 40 36 4; l b 26 46 40 46 4; l b 26 56 34 56 4",
        ("board", "list"),
        (
            Release("1.0.0", "开展。"),
            Release("1.1.0", "- 拼音搜索\n- 纯文本粘贴"),
            Release("1.2.0", "等待审核的新版本：画廊可以分享给同一局域网的设备。", "pending"),
        ),
        ("storage:local", "ui:modal"), ("file_system",), {"dock.beichuang.rizhi": ">=1.0.0"}, first=235, last=40,
        daily=61,
    ),
    Entry(
        "dock.oddling.goose", "oddling", "Desk Goose",
        "A small goose that walks across your windows and carries things you drop on it.",
        """It does not honk in meetings. It does honk.

- Drop a file on the goose; ask for it back by whistling (`Ctrl+Shift+W`)
- Walks slower on Fridays
- Entirely useless, **fully tested**
""",
        "fun", ("goose", "desktop", "fun"), "sky",
        "c w 44 60 20; r w 56 28 9 34 4; c w 62 28 9; p a 70 25 82 30 70 33; c d 64 26 2; l a 38 78 38 86 4; l a 50 78 50 86 4; "
        "p w 22 50 36 56 28 66",
        ("map", "board"),
        (
            Release("1.0.0", "Honk."),
            Release("1.1.0", "Carries files. Gives most of them back."),
            Release("1.1.1", "Gives all of them back."),
        ),
        ("storage:session",), ("file_system",), first=245, last=73, daily=83,
    ),
    Entry(
        "dock.zhiyue.weiqi", "zhiyue", "一手棋",
        "每天一道围棋死活题，想清楚了再落子，只给三次机会。",
        """不计时，不排名。

- 由浅入深共 **1,000 题**，每天一道
- 错三次会给出思路，而不是答案
- 棋盘可以缩到任务栏大小
""",
        "fun", ("围棋", "每日", "练习"), "honey",
        "l d 30 18 30 82 3; l d 50 18 50 82 3; l d 70 18 70 82 3; l d 18 30 82 30 3; l d 18 50 82 50 3; l d 18 70 82 70 3; "
        "c w 50 50 10; c d 70 50 10; c d 50 30 10; c w 30 70 10",
        ("grid", "list"),
        (
            Release("1.0.0", "第一题：角上的三子。"),
            Release("1.1.0", "新增思路提示。"),
        ),
        ("storage:local",), first=215, last=90, daily=20,
    ),
    Entry(
        "dock.yanyu.fanyi", "yanyu", "随行翻译",
        "选中即译，支持离线词库，附带发音与例句。",
        """一款朴素的翻译插件：选中文字，看到译文。

- 离线词库二十万条
- 例句来自公版书籍
""",
        "writing", ("翻译", "词典"), "slate",
        "r w 18 24 38 32 7; r a 44 44 38 32 7; l d 28 40 46 40 4; l d 37 32 37 40 4; l w 55 66 63 50 4; l w 63 50 71 66 4",
        ("editor",),
        (
            Release("1.0.0", "第一版。"),
            Release("1.1.0", "新增发音。"),
        ),
        ("http:external", "user:profile"), ("network",), first=140, last=70, daily=18,
    ),
    # Never published, or not yet.
    Entry(
        "dock.oddling.fern", "oddling", "Fern",
        "A plant on your dock that grows while you take breaks.",
        "Water it by walking away.\n\n- Twelve kinds of fern\n- Wilts *gracefully*\n",
        "fun", ("breaks", "plants"), "moss",
        "l w 50 80 50 26 5; a w 38 38 14 270 380 5; a w 62 50 14 160 270 5; a a 38 60 14 270 380 5; c a 50 24 5",
        ("map",),
        (Release("1.0.0", "Sprouts.", "pending"),),
        ("storage:local", "ui:notification"), first=1, last=1,
    ),
    Entry(
        "dock.qingmei.zhangben", "qingmei", "小账本",
        "三秒记一笔，月底看得懂的家庭账本。",
        "- 语音记账\n- 按家庭成员分账\n- 导出表格\n",
        "time", ("记账", "家庭"), "ember",
        "r w 26 20 48 60 5; l a 36 34 50 48 5; l a 64 34 50 48 5; l a 50 48 50 70 5; l a 38 54 62 54 4; l a 38 63 62 63 4",
        ("table", "chart"),
        (Release("0.9.0", "请多指教。", "in_review"),),
        ("storage:local",), first=2, last=2,
    ),
    Entry(
        "dock.yanyu.jiasu", "yanyu", "极速助手",
        "一键加速系统，释放内存，优化启动。",
        "让电脑飞起来。\n\n- 结束后台程序\n- 修改启动项\n",
        "system", ("加速", "优化"), "ember",
        "p w 54 14 28 54 46 54 40 86 72 42 52 42",
        ("chart",),
        (Release("3.0.0", "更快。", "rejected"),),
        ("user:modify",), ("process", "file_system"), first=12, last=12,
    ),
    Entry(
        "dock.tallow.ledger", "tallow", "Folded Map",
        "Offline walking maps that fold the way paper does, badly.",
        "Routes, heights, and a crease where you need to look.\n",
        "fun", ("maps", "walking"), "pine",
        "p w 18 28 40 22 40 74 18 80; p a 40 22 60 28 60 80 40 74; p w 60 28 82 22 82 74 60 80; c d 68 42 5",
        ("map",),
        (Release("0.9.0", "Unfolds.", "needs_changes"),),
        ("storage:local", "http:external"), ("network",), first=8, last=8,
    ),
    Entry(
        "dock.zhiyue.yinzhang", "zhiyue", "印章工坊",
        "刻一枚自己的印章，盖在文档的右下角。",
        "篆、隶、楷三种字体，朱白两式。草稿，尚未提交。\n",
        "design", ("印章", "设计"), "rose",
        "r w 26 26 48 48 5; r b 32 32 36 36 3; l w 40 40 40 60 5; l w 50 38 50 62 5; l w 60 40 60 60 5; l w 38 50 62 50 4",
        ("grid",),
        (Release("0.1.0", "草稿。", "draft"),),
        (), first=3, last=3,
    ),
)  # fmt: skip
