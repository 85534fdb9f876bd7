"""The people of the invented marketplace, its categories, and what people say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Maker:
    """A developer. `verified`: what was decided about their badge, and None where nothing was yet."""

    username: str
    display_name: str
    company: str
    bio: str
    verified: bool | None
    notes: str = ""
    since: int = 400


MAKERS: Final = (
    Maker(
        "pebblewick", "Pebblewick", "Pebblewick Software",
        "Two people and a kettle by the sea. We make small tools that do not shout.", True,
        "Known to us; the domain belongs to them.", 430,
    ),
    Maker("zhiyue", "纸月工坊", "纸月设计工作室", "做一些像纸一样安静的小工具。", True, "营业执照与域名一致。", 410),
    Maker(
        "tallow", "Tarn & Tallow", "Tarn & Tallow",
        "Software for people who like paper. Written slowly, by candlelight if need be.", True,
        "Confirmed by e-mail from their domain.", 390,
    ),
    Maker("beichuang", "北窗", "", "一个人，一扇朝北的窗，写给自己也写给你的插件。", True, "公开的提交记录可以追溯四年。", 405),
    Maker("oddling", "Oddling Tools", "", "Odd little things. Some of them useful.", None, since=420),
    Maker("qingmei", "青梅小铺", "青梅小铺", "家里两只猫，铺子里七个插件。", None, since=360),
    Maker("yanyu", "烟雨软件", "烟雨软件", "专注效率工具。", False, "提供的网址无法访问，材料与账号不符。", 170),
)  # fmt: skip

REVIEWERS: Final = ("reviewer.lantern", "reviewer.songzhu")
USERS: Final = (
    "marrow", "linxiaohe", "juniper77", "aqiu", "tovi", "weilan", "saltbox", "nanke", "biscuit", "haoran", "quillon",
    "muzi", "dovetail", "shanlan",
)  # fmt: skip

# Slug → parent and name. Parents come first.
CATEGORIES: Final = {
    "productivity": (None, "效率 Productivity", "Time, notes, lists · 时间、笔记与清单"),
    "time": ("productivity", "时间与清单 Time & lists", ""),
    "writing": ("productivity", "写作与阅读 Writing & reading", ""),
    "development": (None, "开发 Development", "For those who make software · 给写软件的人"),
    "data": ("development", "文本与数据 Text & data", ""),
    "network": ("development", "网络 Network", ""),
    "creative": (None, "创作 Creative", "Colours, pictures, sound · 颜色、图片与声音"),
    "design": ("creative", "颜色与设计 Colour & design", ""),
    "media": ("creative", "声音 Sound", ""),
    "system": (None, "系统 System", "Disk, keyboard, clipboard · 磁盘、键盘与剪贴板"),
    "fun": (None, "乐趣 Fun", "Games, poems, geese · 棋、诗与鹅"),
}

# Plugin → ratings: stars, title, text, and the developer's reply.
RATINGS: Final[dict[str, tuple[tuple[int, str, str, str], ...]]] = {
    "dock.pebblewick.hourglass": (
        (
            5,
            "Finally a timer without opinions",
            "I turned it over on Monday and finished the tax return. No further questions.",
            "That is the nicest thing anybody has said about tax.",
        ),
        (5, "沙子落下来的样子很治愈", "用了两个月，番茄钟都卸载了。声音是真的好听。", "谢谢！声音是在厨房录的。"),
        (
            4,
            "Lovely, one wish",
            "Would like a length of 52 minutes in the menu. Otherwise perfect.",
            "2.0.0 remembers any length you type.",
        ),
        (3, "好看，但要是能双屏就好了", "副屏上沙漏会回到主屏，希望修一下。", ""),
    ),
    "dock.pebblewick.inkwell": (
        (5, "The editor I close other editors for", "Opens at once, saves at once, never asks me to log in.", ""),
        (5, "中文排版终于有人认真做了", "标点挤压和中西文间距都对，写长文很舒服。", "我们请了一位排版老师盯着每一处。"),
        (
            5,
            "Thirty days of history saved my thesis",
            "I deleted a chapter at two in the morning. Inkwell had it.",
            "We are glad. Please go to bed.",
        ),
        (
            4,
            "Wants a word count",
            "It is there, in the status line, but I took a week to find it.",
            "Fair. It is larger in 2.1.0.",
        ),
        (2, "表格还不够好", "列一多就挤在一起，打印出来更乱。", "2.1.0 已改进宽表，打印仍在做，抱歉。"),
    ),
    "dock.beichuang.qingdan": (
        (5, "五件事，真的够了", "以前的清单有八十多条，现在每天能睡着了。", "这条评价我打印出来贴在窗边了。"),
        (5, "Small and firm", "It refused my sixth task. It was right.", ""),
        (4, "希望有小组件", "能在锁屏上看到就完美了。", ""),
        (5, "铅笔印太好了", "划掉的痕迹比打勾有成就感。", ""),
    ),
    "dock.zhiyue.secai": (
        (5, "做设计的都该装", "取一个色，知道它叫“暮山紫”，还知道出自哪里。", "谢谢喜欢，出处查了整整一年。"),
        (
            5,
            "Beautiful and useful",
            "The seasonal palettes made it into our brand. The contrast check kept them readable.",
            "",
        ),
        (4, "建议支持打印色卡", "想做成实体色卡挂墙上。", "在做了，下个版本见。"),
    ),
    "dock.oddling.goose": (
        (
            5,
            "Honk",
            "Ten out of ten. It carried my CV to the recycle bin, and it had a point.",
            "The goose stands by its decision.",
        ),
        (5, "全公司都装了", "开会时它会自己躲起来，太懂事了。", ""),
        (
            4,
            "Took my file hostage",
            "Got it back after whistling twice. In 1.1.1 once is enough.",
            "We talked to the goose.",
        ),
        (1, "Why", "Why is there a goose.", "We have asked ourselves."),
    ),
    "dock.oddling.jsonnest": (
        (
            5,
            "Opened 180 MB without blinking",
            "Compared two exports by meaning and found the one price that differed.",
            "",
        ),
        (5, "比浏览器里的好用太多", "路径点一下就复制，省了很多事。", ""),
        (4, "Good", "YAML next, please.", "Nest stays JSON. There will be a sibling."),
    ),
    "dock.zhiyue.rili": (
        (5, "像小时候家里的挂历", "每天写一句，年底读给家人听。", "看到这句话，我们也红了眼眶。"),
        (4, "Learned what solar terms are", "The colours change on the right day. Imports my .ics without fuss.", ""),
    ),
    "dock.tallow.vinyl": (
        (5, "Listening again", "I had forgotten that albums have an order.", ""),
        (
            2,
            "1.3.0 forgot half my records",
            "Went back to 1.2.0 as recommended, all there again.",
            "We are sorry. 1.2.0 is recommended until the scanner is mended.",
        ),
        (4, "翻面的仪式感", "中间那段停顿，刚好起来倒杯水。", ""),
    ),
    "dock.qingmei.httpxiaomei": (
        (5, "请求能进仓库，太对了", "评审接口改动就像评审代码。", "这正是小梅的本意。"),
        (
            4,
            "Text files, at last",
            "Assertions in the file are lovely. Documentation in English would help.",
            "English docs are on the way.",
        ),
    ),
    "dock.beichuang.baizao": (
        (5, "竹林那一轨是真的", "闭上眼睛能闻到潮气。", ""),
        (
            5,
            "The train",
            "It crosses from left to right at about four. I wait for it.",
            "它晚点过一次，因为录音那天真的晚点了。",
        ),
    ),
    "dock.qingmei.jietu": (
        (5, "长图神器", "拼接从来没错过位，打码也放心。", ""),
        (3, "Arrow sometimes too clever", "It avoided the text by leaving the picture.", "修好了，请更新到 1.2.0。"),
    ),
    "dock.tallow.sketchql": (
        (4, "Drawing is thinking", "The difference of two drawings as a migration: why did nobody do that before?", ""),
        (
            3,
            "1.1.0 wrote columns in odd order",
            "It was taken back within a day and 1.1.1 is fine.",
            "Thank you for reporting it first.",
        ),
    ),
    "dock.beichuang.jiantie": (
        (5, "拼音首字母搜索好评", "找上周复制的地址只要两秒。", ""),
        (4, "Like visiting a gallery", "Colours on their own wall is a lovely touch.", ""),
    ),
    "dock.qingmei.luyin": ((5, "散步时写完了周报", "口头语去掉以后像换了个人。", "您本来就会说！"),),
    "dock.pebblewick.attic": (
        (5, "Found 40 GB of holiday videos, twice", "And asked before touching any of them.", ""),
        (4, "磁盘地图很直观", "网络盘扫描还可以更快。", ""),
    ),
    "dock.tallow.snippets": ((4, "Good since 2.0", "The warning made me update, and that is how it should be.", ""),),
    "dock.oddling.kettle": ((5, "Goodbye, Kettle", "Moved to Hourglass. I still think of you at four.", "So do we."),),
    "dock.yanyu.fanyi": ((2, "为什么要读取用户资料？", "翻译不需要知道我是谁。", ""),),
}
# Given by further users to what is popular: stars, title, text.
SHORT: Final = (
    (5, "正合用", "装上就没再打开过别的。"),
    (5, "Does one thing, and does it well", "No account, no nonsense."),
    (4, "很喜欢", "界面干净，偶尔有小毛病。"),
    (4, "Solid", "Used daily for a month, no complaints."),
    (5, "推荐给了同事", "大家都在用。"),
    (3, "还行", "功能够用，希望继续更新。"),
    (5, "A pleasure", "You can tell that somebody cared."),
    (4, "Nearly perfect", "A dark icon would suit it."),
)

APPROVALS: Final = (
    "Read the manifest and tried it on a clean machine: does what it says.",
    "在干净环境中安装、使用、卸载均正常，权限与功能相符。",
    "Small and tidy. Permissions match what it does.",
    "更新内容与说明一致，未发现问题。",
)
REJECTION: Final = (
    "插件会结束其他程序并修改启动项，却没有说明是哪些，也没有撤销的办法。请补充说明并提供恢复功能后重新提交。"
)
CHANGES: Final = (
    "Lovely idea. It asks for `http:external` but is described as offline: please say what it fetches, or drop it."
)
APPEAL: Final = "我们已经在新版中加入恢复功能，希望重新审核。结束程序前会逐一询问用户。"
SUSPENSION: Final = "在未告知用户的情况下上传了选中的文字。"
SPAM: Final = ("超值优惠", "加我好友领取全套高级工具，限时三天！")
SPAM_REASON: Final = "广告"
REPORT: Final = "It followed me into another virtual desktop."


@dataclass(frozen=True, slots=True)
class Said:
    """A reason in both languages."""

    zh: str
    en: str


# Plugin → version and reason.
YANKED: Final = {
    "dock.zhiyue.moji": ("1.2.0", "双屏下拖动便签可能丢失内容，请使用 1.2.1。"),
    "dock.tallow.sketchql": ("1.1.0", "Writes columns in the wrong order on SQLite. Use 1.1.1."),
}
PAUSED: Final = {"dock.beichuang.rizhi": "2.1.0"}
RECOMMENDED: Final = {
    "dock.tallow.vinyl": ("1.2.0", "The scanner of 1.3.0 forgets albums on some machines."),
}
# Plugin → its replacement and the reason.
DEPRECATED: Final = {
    "dock.oddling.kettle": ("dock.pebblewick.hourglass", "Hourglass does all that Kettle does. It can even do coffee."),
}
DISABLED: Final = ("dock.oddling.battery",)
# Plugin → versions, severity and reason.
BLOCKS: Final = {
    "dock.tallow.snippets": (
        "<2.0.0", "disable",
        Said("2.0.0 之前的版本把代码片段存在所有程序都能读取的位置。", "Versions before 2.0.0 store snippets where every program can read them."),
    ),
    "dock.oddling.battery": (
        "*", "warn",
        Said("部分笔记本电脑的电量会被压到 30% 以下，修复前请手动充电。", "On some laptops the battery is kept below 30 percent. Charge by hand until this is mended."),
    ),
}  # fmt: skip
SUSPENDED: Final = ("dock.yanyu.fanyi",)
APPEALED: Final = ("dock.yanyu.jiasu",)
# What somebody has reported, and what somebody advertised below.
REPORTED: Final = "dock.oddling.goose"
ADVERTISED: Final = "dock.zhiyue.rili"
