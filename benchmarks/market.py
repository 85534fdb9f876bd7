"""A marketplace of a wanted size in this process: plugins with texts of two languages, and a year of downloads."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import insert, update

from microdock_server import create_app
from microdock_server.bootstrap import prepare
from microdock_server.bundle.versions import sort_key
from microdock_server.clock import utcnow
from microdock_server.config import load_settings
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Catalog, Category, Plugin, PluginVersion, User
from microdock_server.models.columns import new_id
from microdock_server.services import statistics
from microdock_server.services.catalog import search

from .results import say

OWNERS: Final = 2_000
CATEGORIES: Final = 40
DAYS: Final = 365
BATCH: Final = 2_000
# In every fourth plugin; and in about one in two thousand.
COMMON: Final = ("studio", "数据")
RARE: Final = ("zephyrine", "琥珀")
RARELY: Final = 1 / 2_000
# The share of plugins that need another.
DEPENDENT: Final = 0.3
STATUSES: Final = ("published",) * 19 + ("draft", "pending", "rejected", "suspended")

_STEMS_TEXT: Final = """
sync cloud file theme chart backup monitor network editor report media deploy task note image audio video
market table graph query script build debug test index cache queue stream render print scan sign vault token
mail chat voice map route track clock timer color font layout panel widget dialog menu window screen shell git
merge branch review lint format parse convert import export share upload fetch proxy gateway bridge sensor
device driver kernel memory thread worker agent model vector tensor kanban board sprint budget ledger invoice
payment
"""
_STEMS: Final = _STEMS_TEXT.split()
_ENDINGS: Final = ("", "s", "er", "ing", "kit", "hub", "lab", "flow", "base", "ware", "ly", "able", "ify")
_WORDS: Final = [f"{stem}{ending}" for stem in _STEMS for ending in _ENDINGS]
_CHINESE_TEXT: Final = """
插件 工具 同步 备份 主题 图表 监控 网络 编辑 报告 媒体 部署 任务 笔记 图像 音频 视频 市场
表格 图形 查询 脚本 构建 调试 测试 索引 缓存 队列 渲染 打印 扫描 签名 令牌 邮件 聊天 语音
地图 路由 跟踪 时钟 颜色 字体 布局 面板 窗口 屏幕 合并 分支 审查 格式 解析 转换 导入 导出
分享 上传 下载 代理 网关 传感 设备 驱动 内存 线程 智能 模型 向量 看板 预算 账单 支付 快捷
自动 用户 配置 文件 支持 提供 管理 系统 桌面 宿主 界面 权限 安全 性能 高效 离线 接口 文档
示例 统计
"""
_CHINESE: Final = _CHINESE_TEXT.split()


@dataclass(frozen=True, slots=True)
class Market:
    """An application on a filled database."""

    app: Flask
    database: Path
    size: int
    built_in: float


def make(directory: Path, size: int, versions: int = 1) -> Market:
    """The server's application in this process, with `size` plugins that are indexed as the server indexes them, each
    with so many versions; where there are several, three of ten need another plugin.
    """
    values = {"DATA_DIR": str(directory), "RATELIMIT_ENABLED": "false", "LOG_LEVEL": "WARNING", "DEBUG": "true"}
    app = create_app(load_settings(values))
    path: Path = app.extensions["microdock"].settings.sqlite_path
    with app.app_context():
        upgrade()
    prepare(app)
    with app.app_context():
        say(f"  {size:,} plugins …")
        with unit_of_work():
            _fill(size, versions)
        say("  the search index …")
        started = utcnow()
        search.rebuild()
        took = (utcnow() - started).total_seconds()
    return Market(app, path, size, took)


def fill_downloads(market: Market, total: int) -> int:
    """About `total` downloads over a year, most of them of few plugins; how many they became.

    Written at once and without triggers, to what the triggers would have made of them.
    """
    say(f"  {total:,} downloads …")
    connection = sqlite3.connect(market.database, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-500000")
    connection.execute("BEGIN IMMEDIATE")
    triggers = dropped_triggers(connection)
    names = [name for (name,) in connection.execute("SELECT name FROM plugins ORDER BY name")]
    connection.executemany("INSERT INTO download_days VALUES (?, ?, ?)", _days(names, total))
    connection.execute("INSERT INTO download_totals SELECT day, sum(count) FROM download_days GROUP BY day")
    today = utcnow().date()
    windows = ", ".join(
        f"{column} = coalesce((SELECT sum(count) FROM download_days AS d WHERE d.plugin_name = "
        f"download_windows.plugin_name AND d.day > '{today - timedelta(days=length)}'), 0)"
        for length, column in statistics.WINDOWS.items()
    )
    connection.execute(
        "UPDATE download_windows SET total = coalesce((SELECT sum(count) FROM download_days AS d "
        f"WHERE d.plugin_name = download_windows.plugin_name), 0), {windows}"
    )
    connection.execute(
        "UPDATE plugin_versions SET download_count = (SELECT total FROM download_windows AS w "
        "WHERE w.plugin_name = plugin_versions.plugin_name)"
    )
    for statement in triggers.values():
        connection.execute(statement)
    made = int(connection.execute("SELECT sum(count) FROM download_totals").fetchone()[0])
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return made


def search_words() -> list[str]:
    """Words that descriptions are made of, and beginnings of them, each once."""
    beginnings = {stem[:length] for stem in _STEMS for length in (2, 3)}
    return sorted({*_WORDS, *_CHINESE, *beginnings, *"".join(_CHINESE)})


def dropped_triggers(connection: sqlite3.Connection) -> dict[str, str]:
    """Drop the triggers that count downloads; the statements that make them again."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'plugin_versions_%'"
    found = dict(connection.execute(query).fetchall())
    for name in found:
        connection.execute(f"DROP TRIGGER {name}")
    return found


def _fill(size: int, versions: int) -> None:
    chance = random.Random(size)
    owners = [new_id() for _ in range(OWNERS)]
    categories = [new_id() for _ in range(CATEGORIES)]
    users = [
        {"id": owner, "username": f"author{n}", "username_key": f"author{n}", "password_hash": "!", "role": "developer"}
        for n, owner in enumerate(owners)
    ]
    db.session.execute(insert(User), users)
    # A tree: every category but the first four has a parent.
    db.session.execute(
        insert(Category),
        [
            {
                "id": number,
                "name": f"分类 {n}",
                "name_key": f"分类 {n}",
                "slug": f"分类-{n}",
                "parent_id": (parent := categories[n // 4 - 1] if n >= 4 else None),
                "parent_key": parent or "",
            }
            for n, number in enumerate(categories)
        ],
    )
    now = utcnow()
    public: list[str] = []
    for start in range(1, size + 1, BATCH):
        numbers = range(start, min(start + BATCH, size + 1))
        rows = [_plugin(number, size, now, chance, owners, categories) for number in numbers]
        for row in rows:
            row["current_version"] = f"1.{versions - 1}.0"
        db.session.execute(insert(Plugin), rows)
        public += [row["name"] for row in rows if row["status"] == "published"]
        for minor in range(versions):
            db.session.execute(insert(PluginVersion), [_version(row, minor) for row in rows])
        if versions > 1:
            _depend(rows, public, chance)
    db.session.execute(update(Catalog).values(revision=Catalog.revision + 1, last_number=size))


def _plugin(
    number: int, size: int, now: datetime, chance: random.Random, owners: Sequence[str], categories: Sequence[str]
) -> dict[str, Any]:
    stem, owner = chance.choice(_STEMS), chance.randrange(OWNERS)
    name = f"com.author{owner}.{stem}-{chance.choice(_STEMS)}{number}"
    created = now - timedelta(minutes=15 * (size - number))
    rated = chance.randrange(200) if chance.random() < 0.6 else 0
    points = sum(chance.choices((1, 2, 3, 4, 5), (1, 1, 2, 4, 6), k=rated))
    return {
        "name": name,
        "name_key": name,
        "id": new_id(),
        "number": number,
        "status": chance.choice(STATUSES),
        "owner_id": owners[owner],
        "category_id": chance.choice(categories),
        "display_name": f"{stem.title()} {chance.choice(_CHINESE)}{chance.choice(_CHINESE)}",
        "description": _description(chance),
        "tags": [chance.choice(_STEMS), chance.choice(_CHINESE)],
        "author": f"Author {owner}",
        "license": "MIT",
        "homepage": "https://example.com",
        "main_dll": "Main.dll",
        "entry_class": "Main.Entry",
        "current_version": "1.0.0",
        "upload_key_hash": "",
        "rating_count": rated,
        "rating_sum": points,
        "rating_average": points / rated if rated else None,
        "revision": 1,
        "created_at": created,
        "updated_at": created + timedelta(minutes=chance.randrange(200_000)),
        "published_at": created,
    }


def _description(chance: random.Random) -> str:
    """30 to 60 words, in runs of English and of Chinese; some words in very many plugins and some in very few."""
    english, left = chance.random() < 0.5, chance.randint(30, 60)
    runs: list[str] = []
    while left > 0:
        source, count = (_WORDS, chance.randint(4, 9)) if english else (_CHINESE, chance.randint(5, 12))
        # The product of two: few words are used often.
        picked = [source[int(chance.random() * chance.random() * len(source))] for _ in range(min(count, left))]
        runs.append(" ".join(picked) if english else "".join(picked) + "，")
        left -= count
        english = not english
    for word in COMMON:
        if chance.random() < 0.25:
            runs.insert(chance.randrange(len(runs)), word)
    for word in RARE:
        if chance.random() < RARELY:
            runs.insert(chance.randrange(len(runs)), word)
    return " ".join(runs)


def _depend(rows: Sequence[dict[str, Any]], public: Sequence[str], chance: random.Random) -> None:
    """Let all versions of three plugins of ten need another one, in any version."""
    for row in rows:
        if chance.random() < DEPENDENT:
            needs = {chance.choice(public): ">=1.0.0"}
            db.session.execute(
                update(PluginVersion).where(PluginVersion.plugin_name == row["name"]).values(dependencies=needs)
            )


def _version(plugin: dict[str, Any], minor: int) -> dict[str, Any]:
    copied = ("display_name", "description", "author", "license", "homepage", "main_dll", "entry_class", "created_at")
    key = f"{plugin['id'].replace('-', '')[:-4]}{minor:04x}"
    number = f"1.{minor}.0"
    return {
        **{field: plugin[field] for field in copied},
        "plugin_name": plugin["name"],
        "version": number,
        "precedence": sort_key(number),
        "changelog": "- faster\n- smaller" if minor else "",
        "dependencies": {},
        "engines": {"MicroDock": ">=0.0.3.0"} if minor else {},
        "assembly_finding": {},
        "storage_backend": "local",
        "storage_key": f"uploads/{key[:2]}/{key}",
        "file_size": 4096,
        "file_hash": key * 2,
        "download_count": 0,
    }


def _days(names: Sequence[str], total: int) -> Iterator[tuple[str, str, int]]:
    """Rows in the order of their key: the plugin of rank r has a share of 1/r, on days picked at random."""
    chance = random.Random(total)
    today = utcnow().date()
    days = [(today - timedelta(days=ago)).isoformat() for ago in range(DAYS - 1, -1, -1)]
    ranks = list(range(1, len(names) + 1))
    chance.shuffle(ranks)
    share = total / sum(1 / rank for rank in ranks)
    for name, rank in zip(names, ranks, strict=True):
        count = max(1, round(share / rank))
        picked = sorted(chance.sample(range(DAYS), min(count, DAYS)))
        each, more = divmod(count, len(picked))
        for place, day in enumerate(picked):
            yield name, days[day], each + (place < more)
