"""Catalogues of a wanted size: one package is published for real, and its rows are copied under other names."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, insert, select, update

from microdock_server.bundle.versions import sort_key
from microdock_server.models import Catalog, Plugin, PluginVersion
from microdock_server.models.columns import new_id

PHRASES = (
    "为桌面宿主提供一键部署能力",
    "支持自定义主题与快捷键",
    "可与其他插件共享数据",
    "自动备份用户的配置文件",
    "在后台监控运行状态并及时提醒",
    "内置图表与统计报表",
    "适配高分辨率显示器",
    "修复了若干已知问题并改进性能",
    "提供完整的接口文档和示例",
    "支持离线使用与断点续传",
)
TOPICS = ("deploy", "theme", "chart", "backup", "monitor", "network", "editor", "report", "media", "sync")


def fill(database: Path, count: int, template: str) -> None:
    """Bring the catalogue to `count` plugins, as copies of `template` with texts of their own, 1 to 3 versions each."""
    engine = create_engine(f"sqlite:///{database}")
    chance = random.Random(count)
    with engine.begin() as connection:
        plugin = _row(connection, Plugin, Plugin.__table__.c.name == template)
        version = _row(connection, PluginVersion, PluginVersion.__table__.c.plugin_name == template)
        last = Catalog.last_number
        raised = update(Catalog).values(revision=Catalog.revision + 1, last_number=last + count)
        revision, last_number = connection.execute(raised.returning(Catalog.revision, last)).one()
        plugins, versions = [], []
        for index in range(1, count):
            shown, numbers = _plugin(index, chance)
            stamp = {"current_version": numbers[-1], "revision": revision, "number": last_number - index}
            plugins.append({**plugin, **shown, **stamp})
            versions += [{**version, **_version(shown, number, chance)} for number in numbers]
        connection.execute(insert(Plugin.__table__), plugins)
        connection.execute(insert(PluginVersion.__table__), versions)
    engine.dispose()


def downloads(database: Path, name: str) -> int:
    """How many downloads of a plugin are counted."""
    engine = create_engine(f"sqlite:///{database}")
    table = PluginVersion.__table__
    with engine.connect() as connection:
        counts = connection.execute(select(table.c.download_count).where(table.c.plugin_name == name)).scalars()
        total = sum(counts)
    engine.dispose()
    return total


def _row(connection: Connection, model: Any, condition: Any) -> Mapping[str, Any]:
    return connection.execute(select(model.__table__).where(condition)).mappings().one()


def _plugin(index: int, chance: random.Random) -> tuple[dict[str, Any], list[str]]:
    topic = chance.choice(TOPICS)
    name = f"com.author{chance.randrange(200)}.{topic}-{index}"
    shown = {
        "name": name,
        "name_key": name,
        "id": new_id(),
        "display_name": f"{topic.title()} 助手 {index}",
        "description": _sentences(chance, 7),
        "author": f"作者{chance.randrange(200)}",
        "license": chance.choice(("MIT", "Apache-2.0", "GPL-3.0")),
        "homepage": f"https://example.com/plugins/{topic}/{index}",
        "main_dll": f"{topic.title()}{index}.dll",
        "entry_class": f"Author.{topic.title()}{index}.Entry",
    }
    return shown, [f"1.{minor}.{chance.randrange(10)}" for minor in range(chance.randint(1, 3))]


def _version(shown: Mapping[str, Any], number: str, chance: random.Random) -> dict[str, Any]:
    blob = new_id().replace("-", "")
    copied = ("display_name", "description", "author", "license", "homepage", "main_dll", "entry_class")
    return {
        "plugin_name": shown["name"],
        "version": number,
        "precedence": sort_key(number),
        "changelog": _sentences(chance, 4),
        "dependencies": {"com.example.core": ">=1.0.0"},
        "storage_key": f"uploads/{blob[:2]}/{blob}",
        "download_count": chance.randrange(5000),
        **{field: shown[field] for field in copied},
    }


def _sentences(chance: random.Random, count: int) -> str:
    return "，".join(chance.choices(PHRASES, k=count)) + "。"
