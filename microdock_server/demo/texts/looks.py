"""Plugins about colours, pictures and sound."""

from __future__ import annotations

from typing import Final

from .shapes import Entry, Release

ENTRIES: Final = (
    Entry(
        "dock.zhiyue.secai", "zhiyue", "国色",
        "五百种中国传统色，取色、配色、检查对比度，一个面板搞定。",
        """天青、月白、胭脂、黛蓝——每种颜色都有出处。

- 屏幕取色后，自动找到**最接近的传统色**
- 按节气推荐四色搭配
- 标注文字对比度，达不到 WCAG AA 会提醒
- 复制为 `#RRGGBB`、`oklch()` 或设计软件色板

*Five hundred traditional Chinese colours, with where they come from.*
""",
        "design", ("颜色", "配色", "设计"), "rose",
        "c w 38 38 17; c a 62 38 17; c d 50 60 17; c w 50 46 6",
        ("grid", "board"),
        (
            Release("1.0.0", "一百种颜色。"),
            Release("1.2.0", "- 增至三百种\n- 节气配色"),
            Release("2.0.0", "- 五百种颜色，全部注明出处\n- 对比度检查"),
            Release("2.1.0", "新增 `oklch()` 复制格式。"),
        ),
        ("storage:local", "file:download"), first=350, last=18, daily=69,
    ),
    Entry(
        "dock.pebblewick.typecase", "pebblewick", "Type Case",
        "Looks through your fonts by feeling: sturdy, bookish, loud, kind.",
        """Type Case measures each font on your machine and sorts by what you mean, not by what it is called.

- Compares **your own text** in up to six fonts
- Shows which characters are missing, before your client does
- Chinese fonts are measured by their strokes
""",
        "design", ("fonts", "typography"), "ink",
        "l w 32 76 50 24 7; l w 50 24 68 76 7; l a 38 58 62 58 7; r a 24 76 16 5 2; r a 60 76 16 5 2",
        ("grid", "editor"),
        (
            Release("1.0.0", "Sturdy and bookish."),
            Release("1.1.0", "Loud and kind."),
            Release("1.2.0", "- Missing characters\n- Reads variable fonts"),
        ),
        ("storage:local",), ("file_system",), first=205, last=38, daily=26,
    ),
    Entry(
        "dock.qingmei.jietu", "qingmei", "截图裁缝",
        "把几张截图缝成一张长图，接缝处自动对齐，敏感信息一键打码。",
        """量好尺寸，一针一线。

- 长网页、长对话自动**拼接**
- 识别邮箱、手机号与头像，默认打码
- 标注用的箭头会自己绕开文字
""",
        "design", ("截图", "标注", "图片"), "lagoon",
        "r w 20 22 34 34 5; r a 46 44 34 34 5; l d 46 44 54 52 4; l w 60 22 78 22 4; l w 78 22 78 34 4; l w 22 66 22 78 4; "
        "l w 22 78 36 78 4",
        ("board", "player"),
        (
            Release("1.0.0", "第一针。"),
            Release("1.1.0", "- 自动打码\n- 拼接更准"),
            Release("1.2.0", "新增：箭头绕开文字。"),
        ),
        ("file:download", "ui:modal"), ("file_system",), first=185, last=29, daily=54,
    ),
    Entry(
        "dock.oddling.palette", "oddling", "Weather Palette",
        "Takes the colours of your interface from the sky outside the window.",
        """Grey today? So is your dock, a little. Weather Palette asks for the weather once an hour and shifts the accent
colour, never the contrast.

- Works with a city or with *surprise me*
- Sends nothing but the name of the city
""",
        "design", ("theme", "weather", "colour"), "honey",
        "c a 62 38 16; c w 36 56 13; c w 52 52 16; c w 66 60 12; r w 30 58 42 14 7",
        ("grid", "map"),
        (
            Release("1.0.0", "Blue, grey, and one sunset."),
            Release("1.1.0", "- Twelve sunsets\n- Respects high contrast"),
        ),
        ("http:external",), ("network",), first=130, last=49, daily=15,
    ),
    Entry(
        "dock.beichuang.baizao", "beichuang", "雨窗白噪音",
        "雨、风、炉火和远处的火车，自己调一杯喜欢的背景声。",
        """四个音轨，四个推子，没有别的。

- 声音都是自己录的：**屋檐、竹林、柴炉、旧铁桥**
- 每天的雨不一样，不会循环出规律
- 耳机里听，车会从左边开到右边
""",
        "media", ("白噪音", "专注", "音乐"), "slate",
        "c w 38 38 12; c w 54 34 15; c w 66 42 11; r w 28 38 46 14 7; l a 36 60 32 72 5; l a 50 60 46 76 5; l a 64 60 60 72 5",
        ("player", "clock"),
        (
            Release("1.0.0", "开始下雨。"),
            Release("1.1.0", "新增炉火与火车。"),
            Release("1.2.0", "- 空间音频\n- 每天不同的雨"),
        ),
        (), first=290, last=60, daily=47, licence="CC-BY-4.0",
    ),
    Entry(
        "dock.tallow.vinyl", "tallow", "Side B",
        "Plays your music folder as albums, and makes you turn the record.",
        """No shuffle. No recommendations. Side A, a pause, side B.

- Reads FLAC, Opus and MP3
- Shows the sleeve as large as your screen allows
- **Liner notes** from text files beside the music
""",
        "media", ("music", "player", "albums"), "ember",
        "c d 50 50 33; c b 50 50 25; c d 50 50 22; c a 50 50 12; c w 50 50 3; a w 50 50 28 200 250 3",
        ("player", "list"),
        (
            Release("1.0.0", "Side A."),
            Release("1.1.0", "Side B."),
            Release("1.2.0", "- Gapless\n- Liner notes"),
            Release("1.3.0", "A faster scanner, which on some machines forgets albums: we recommend 1.2.0 until it is mended."),
        ),
        ("storage:local",), ("file_system",), first=270, last=13, daily=39,
    ),
    Entry(
        "dock.qingmei.luyin", "qingmei", "随口一记",
        "按住说话，松开成文。录音和文字都只留在你的电脑里。",
        """想到什么，先说出来。

- 离线识别普通话与粤语
- 自动分段，**口头语可以一键去掉**
- 点一句文字，回到那一秒的声音
""",
        "media", ("录音", "语音", "笔记"), "plum",
        "r w 41 20 18 36 9; a a 50 46 20 0 180 5; l a 50 66 50 76 5; l a 38 78 62 78 5",
        ("player", "editor"),
        (
            Release("0.9.0", "试运行：欢迎多说话。"),
            Release("1.0.0", "- 粤语\n- 去除口头语"),
        ),
        ("storage:local", "file:download", "user:profile"), ("file_system",), first=88, last=11, daily=44,
    ),
)  # fmt: skip
