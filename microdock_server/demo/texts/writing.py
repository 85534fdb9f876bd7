"""Plugins about notes and writing."""

from __future__ import annotations

from typing import Final

from .shapes import Entry, Release

ENTRIES: Final = (
    Entry(
        "dock.pebblewick.inkwell", "pebblewick", "Inkwell",
        "A Markdown editor that stays out of the way: one column, good type, no buttons.",
        """Open it, write, close it. Inkwell saves as you type, into plain files in a folder that is yours.

- **Typewriter scrolling** and a line width that books would recognise
- Footnotes, tables, `code`, task lists
- Version history for thirty days, without a server
- Other plugins can borrow its editor (*Stand-up Notes* and *Margin* do)

中文排版同样讲究：标点挤压、首行缩进、中西文间距自动处理。
""",
        "writing", ("markdown", "editor", "写作"), "ink",
        "p w 50 18 66 46 58 66 42 66 34 46; l b 50 30 50 54 3; c b 50 54 4; r a 38 70 24 9 4",
        ("editor", "list", "grid"),
        (
            Release("1.0.0", "A blank page, carefully made."),
            Release("1.1.0", "- Footnotes\n- Tables that align themselves"),
            Release("1.2.0", "Thirty days of version history. Nothing leaves your machine."),
            Release("2.0.0", "- The editor can be used by other plugins\n- New spacing for mixed Chinese and Latin text"),
            Release("2.1.0", "- Search across all notes\n- Opens 10 MB files without a pause"),
        ),
        ("storage:local", "file:upload", "file:download"), ("file_system",), first=395, last=12, daily=97,
        licence="Apache-2.0",
    ),
    Entry(
        "dock.zhiyue.moji", "zhiyue", "墨迹便签",
        "桌面上的手写便签，纸会旧，字会淡，重要的可以描一遍。",
        """便签不该永远新鲜。

- 一周后纸色微黄，**一月后字迹变淡**，提醒你它还在不在意
- 双击重描，便签就回到第一天
- 用触控笔或鼠标书写，也可以打字
- 识别手写只在本机进行
""",
        "writing", ("便签", "手写", "笔记"), "honey",
        "p w 24 24 76 24 76 62 60 78 24 78; p a 76 62 60 62 60 78; l d 34 38 64 38 4; l d 34 50 58 50 4; l d 34 62 48 62 4",
        ("board", "editor"),
        (
            Release("1.0.0", "贴上第一张便签。"),
            Release("1.1.0", "- 触控笔压感\n- 便签可以叠放"),
            Release("1.2.0", "新增：导出为图片。"),
            Release("1.2.1", "紧急修复：在双屏下拖动便签可能丢失内容。请尽快更新。"),
        ),
        ("storage:local", "ui:modal"), ("file_system",), first=280, last=25, daily=46,
    ),
    Entry(
        "dock.tallow.margin", "tallow", "Margin",
        "Notes in the margin of anything you read, found again by what you thought.",
        """Select a passage, write beside it, forget about it. Months later, search for the thought, not for the file.

- Works on PDF, EPUB and web archives
- Exports a **commonplace book** per author or per year
- Needs Inkwell for the editor
""",
        "writing", ("reading", "notes", "pdf"), "plum",
        "r w 22 22 40 56 4; l d 30 34 54 34 4; l d 30 45 54 45 4; l d 30 56 46 56 4; l a 70 26 70 74 5; c a 70 45 8",
        ("editor", "list"),
        (
            Release("0.8.0", "For the brave: highlights and notes."),
            Release("1.0.0", "- EPUB\n- The commonplace book"),
            Release("1.1.0", "Search by thought: notes first, passages second."),
        ),
        ("storage:local", "file:upload"), ("file_system",), {"dock.pebblewick.inkwell": ">=2.0.0"}, first=230, last=44,
        daily=29,
    ),
    Entry(
        "dock.beichuang.pinyin", "beichuang", "拼音小注",
        "给任意文字标上拼音，多音字会看前后文，给孩子打印识字卡片很方便。",
        """选中一段文字，按 `Ctrl+Shift+P`。

- 多音字按词判断：**银行**与**行走**各读各的
- 拼音可在上方、下方或只标生字
- 一键排成识字卡片，A4 九宫格

词库随插件安装，无需联网。
""",
        "writing", ("拼音", "教育", "打印"), "sky",
        "r w 22 40 56 38 6; l a 31 27 41 22 5; l a 47 25 53 25 5; l a 60 22 70 27 5; l d 35 50 65 50 4; "
        "l d 50 50 50 70 4; l d 38 68 62 68 4",
        ("grid", "editor"),
        (
            Release("1.0.0", "声母、韵母、声调，各就各位。"),
            Release("1.1.0", "- 多音字按词判断\n- 识字卡片"),
        ),
        ("file:download",), first=160, last=52, daily=33,
    ),
    Entry(
        "dock.qingmei.shici", "qingmei", "一日一诗",
        "每天清晨换一首古诗词，配一张自己画的小画，读完再开始工作。",
        """三百六十五首，一年不重样。

- 诗词均为公版作品，附注释与**朗读节奏**
- 小画由程序按诗意生成，同一天所有人看到的是同一张
- 收藏喜欢的句子，年底编成一册
""",
        "fun", ("诗词", "壁纸", "每日"), "pine",
        "c a 66 34 11; p w 14 74 38 42 54 66 62 56 86 74; p d 14 74 30 54 44 74; l w 24 28 24 48 4; l w 34 24 34 40 4",
        ("map", "editor"),
        (
            Release("1.0.0", "从“春眠不觉晓”开始。"),
            Release("1.1.0", "新增朗读节奏标记。"),
            Release("2.0.0", "- 全部小画重画\n- 句子收藏"),
        ),
        ("storage:local",), first=330, last=41, daily=38, licence="CC-BY-4.0",
    ),
    Entry(
        "dock.tallow.letters", "tallow", "Slow Letters",
        "E-mail drafts that wait until tomorrow morning before they may be sent.",
        """Write in the evening, send in the morning, when you have slept on it. Slow Letters keeps drafts for a night and
shows them again with your first coffee.

- Letters are encrypted on your disk
- An honest button: **send anyway**
""",
        "writing", ("mail", "drafts"), "rose",
        "r w 20 32 60 40 5; l a 22 35 50 56 5; l a 78 35 50 56 5; c d 72 30 11; l w 72 30 72 23 3; l w 72 30 77 32 3",
        ("editor", "list"),
        (
            Release("1.0.0", "Sleep on it."),
            Release("1.1.0", "- Letters are encrypted\n- Signatures"),
            Release("1.2.0", "Published an hour ago; hosts get it when its waiting time is over. Slow on purpose.", cooldown=72),
        ),
        ("storage:local", "http:api", "user:profile"), ("file_system", "network"), first=150, last=1, daily=19,
    ),
)  # fmt: skip
