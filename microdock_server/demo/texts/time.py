"""Plugins about time and everyday work."""

from __future__ import annotations

from typing import Final

from .shapes import Entry, Release

ENTRIES: Final = (
    Entry(
        "dock.pebblewick.hourglass", "pebblewick", "Hourglass",
        "A quiet timer for one thing at a time. No streaks, no scolding.",
        """Turn the glass, do the thing, stop when the sand has run out.

- **One timer**, because two are a to-do list
- A soft chime, or none at all; the dock's icon fills up with sand instead
- Pauses by itself while you are in a call

> 一次只做一件事：翻转沙漏，专心做完，沙落为止。

### Shortcuts

| key | what |
|---|---|
| `Ctrl+Alt+H` | turn the glass |
| `Ctrl+Alt+J` | lay it on its side (pause) |
""",
        "time", ("timer", "focus", "专注"), "ember",
        "p w 31 24 69 24 53 50 69 76 31 76 47 50; p a 39 74 61 74 50 60; p a 40 32 60 32 50 46; r a 26 17 48 8 4; "
        "r a 26 75 48 8 4",
        ("clock", "list"),
        (
            Release("1.0.0", "The first glass. Turns, runs out, rings."),
            Release("1.1.0", "- The dock's icon fills up with sand\n- A second chime, recorded in a kitchen"),
            Release("1.2.0", "- **New:** lay the glass on its side to pause\n- Remembers its last length"),
            Release("2.0.0", "- Redrawn for high-resolution screens\n- Pauses during calls\n- Timers survive a restart"),
        ),
        ("ui:notification", "storage:local"), first=380, last=9, daily=64,
    ),
    Entry(
        "dock.zhiyue.rili", "zhiyue", "纸月历",
        "挂在桌面一角的月历，农历、节气和你写下的小事都在上面。",
        """像撕日历一样过日子。

- 公历与农历并排，**二十四节气**当天会变色
- 在任意一天写一句话，年底可以一次读完
- 支持导入 `.ics` 文件，数据只留在本机

*A paper-like month on your desk: lunar dates, solar terms, one line a day.*
""",
        "time", ("日历", "农历", "calendar"), "rose",
        "r w 22 26 56 54 7; r a 22 26 56 16 7; c d 36 24 4; c d 64 24 4; c a 50 60 11; c w 55 56 9",
        ("calendar", "list"),
        (
            Release("1.0.0", "第一版：月视图、农历、节气。"),
            Release("1.3.0", "- 每天可以写一句话\n- 节气当天换颜色"),
            Release("1.4.2", "- 修正闰月显示为平月的问题\n- 启动快了约一半"),
        ),
        ("storage:local", "ui:modal"), ("file_system",), first=340, last=31, daily=51,
    ),
    Entry(
        "dock.oddling.worldclock", "oddling", "Elsewhere",
        "What time it is for the people you write to, and whether they are asleep.",
        """A row of small suns and moons, one for each person.

1. Drag a name onto the strip.
2. Say where they live. A city is enough.
3. Read the sky: **bright** means working hours, *dim* means please wait.

Daylight saving changes are announced a week before, kindly.
""",
        "time", ("clock", "time zone", "team"), "sky",
        "c w 50 50 29; c a 62 42 17; c b 71 35 15; l d 50 50 50 33 4; l d 50 50 38 57 4; c d 50 50 4",
        ("clock", "map"),
        (
            Release("0.9.0", "Works for nine people and their cats."),
            Release("1.0.0", "- Suns and moons\n- Announces daylight saving changes"),
            Release("1.1.0", "Rolling out slowly: the new sky is drawn by the graphics card.", rollout=20),
        ),
        ("storage:local", "http:external"), ("network",), first=210, last=2, daily=23,
    ),
    Entry(
        "dock.qingmei.shuimian", "qingmei", "该睡了",
        "到点轻轻提醒你合上电脑，第二天早上还给你一句晚安的回信。",
        """晚上十一点，屏幕边缘会慢慢变暖，像有人拉上了窗帘。

- 提醒可以推迟，但**一晚最多两次**
- 连续七天按时休息，月亮会变圆
- 不联网，不统计，不催促
""",
        "time", ("作息", "健康", "提醒"), "ink",
        "c a 52 48 27; c b 63 41 23; c w 72 62 3; c w 30 26 3; c w 66 76 2; c w 24 66 2",
        ("clock",),
        (
            Release("1.0.0", "今晚开始，早点睡。"),
            Release("1.0.1", "修复：跨过零点后推迟次数没有清零。"),
        ),
        ("ui:notification",), first=120, last=64, daily=17,
    ),
    Entry(
        "dock.tallow.standup", "tallow", "Stand-up Notes",
        "Three questions each morning, answered before the kettle boils.",
        """*Yesterday, today, in the way.* Stand-up Notes asks at nine, keeps your answers as plain Markdown and puts them
on the clipboard in the shape your team likes.

```text
- yesterday: taught the importer about tabs
- today: teach it about spaces
- in the way: spaces
```

Needs **Inkwell** for its editor.
""",
        "time", ("team", "notes", "daily"), "honey",
        "r w 24 22 52 56 6; l a 33 37 67 37 5; l a 33 50 60 50 5; l a 33 63 52 63 5; c d 71 70 12; l w 65 70 70 75 4; "
        "l w 70 75 78 65 4",
        ("list", "editor"),
        (
            Release("1.0.0", "Asks three questions. Listens."),
            Release("1.1.0", "- Templates\n- Skips weekends and your holidays"),
            Release("1.2.0-beta.1", "A preview: answers as checkboxes. Tell us whether you tick them."),
        ),
        ("storage:local", "ui:modal"), needs={"dock.pebblewick.inkwell": ">=1.0.0"}, first=190, last=6, daily=14,
    ),
    Entry(
        "dock.beichuang.qingdan", "beichuang", "今日清单",
        "只放得下五件事的待办清单。写不下，说明今天已经够了。",
        """一张便签，五行字。

- 写满五行后，新事项会排到**明天**
- 划掉一行会留下铅笔印，看得见自己做过什么
- 周日晚上自动收拢，不留旧账

English: a to-do list with room for five things. If it does not fit, today is full.
""",
        "time", ("待办", "清单", "todo"), "moss",
        "r w 26 20 48 60 6; l d 34 34 38 38 4; l d 38 38 44 30 4; l a 50 35 66 35 5; l a 34 50 66 50 5; l a 34 64 58 64 5",
        ("list", "board"),
        (
            Release("1.0.0", "五行，正好。"),
            Release("1.2.0", "- 划掉的事项留下铅笔印\n- 快捷键 `Ctrl+5` 打开清单"),
            Release("1.3.0", "- 周日自动收拢\n- 支持深色界面"),
            Release("1.4.0", "导出一周小结，Markdown 格式。"),
        ),
        ("storage:local",), ("file_system",), first=365, last=16, daily=88,
    ),
    Entry(
        "dock.oddling.kettle", "oddling", "Kettle",
        "Tells you when the tea is ready. That is all it does, and it does it well.",
        """Choose a tea, get a timer of the right length. Green three minutes, black four, rooibos whenever you come back.

Kettle is finished. It gets fixes, but no features. **Hourglass** does the same for anything that is not tea, which is
why Kettle is deprecated now. Thank you for every cup.
""",
        "time", ("timer", "tea"), "sand",
        "r w 28 42 38 34 12; p w 64 50 80 42 80 50 66 62; a w 47 40 16 180 360 5; l a 40 24 40 16 4; l a 50 22 50 13 4; "
        "l a 60 24 60 16 4",
        ("clock",),
        (
            Release("1.0.0", "Black, green, white."),
            Release("1.1.0", "Rooibos, by popular request (one person, very polite)."),
        ),
        None, first=400, last=210, daily=4,
    ),
)  # fmt: skip
