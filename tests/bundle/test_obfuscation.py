"""Obfuscated names are distinguished from people's, in any language, and from compilers'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from microdock_server.bundle.dotnet.obfuscation import COUNT_MIN, SHARE_MIN, is_hidden, obfuscated_names


class Named:
    """Metadata of which only the names of methods count."""

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def rows(self, table: str) -> Iterator[tuple[int, ...]]:
        return iter([(0, 0, 0, number, 0, 0) for number in range(len(self._names))] if table == "MethodDef" else [])

    def raw_text(self, number: int) -> str:
        return self._names[number]


def hidden(names: list[str]) -> int:
    metadata: Any = Named(names)
    found, counted = obfuscated_names(metadata)
    assert counted <= len(names)
    return found


HIDDEN = {
    "zero width": ["\u200b" * n for n in range(1, 41)],
    "zero width in words": [f"Do\u200d{n}It" for n in range(40)],
    "control characters": [f"\x01\x02{chr(n + 3)}" for n in range(25)],
    "private use": [chr(0xE000 + n) for n in range(40)],
    "right to left": [f"\u202eDo{n}" for n in range(40)],
    "unassigned": [chr(0xE0080 + n) for n in range(40)],
    "spaces": ["\u2003" * n for n in range(1, 41)],
    "one letter": [chr(97 + n % 26) for n in range(40)],
    "two letters": [f"a{chr(97 + n % 26)}" for n in range(40)],
    "strokes": [f"{n:010b}".replace("0", "l").replace("1", "I") for n in range(40)],
    "no vowels": [f"xkcd{chr(98 + n % 3)}bqrtz" for n in range(40)],
    "digits and signs": [f"_{n}$" for n in range(40)],
    "invisible in a compiler's brackets": [f"<\u200b{n}>b__0" for n in range(40)],
}
SHOWN = {
    "chinese": [f"获取{chr(0x4E00 + n)}" for n in range(40)],
    "one chinese letter": [chr(0x4E00 + n) for n in range(40)],
    "russian": [f"Получить{chr(0x430 + n % 32)}" for n in range(40)],
    "russian, few vowels": ["Сбрс", "Взгл", "Пркт"] * 20,
    "japanese": [f"ひらく{chr(0x30A2 + n)}" for n in range(40)],
    "korean": [chr(0xAC00 + n) + "열기" for n in range(40)],
    "thai": ["เปิดไฟล์", "ปิดหน้าต่าง"] * 20,
    "hindi": ["खोलें", "बंद"] * 20,
    "arabic": ["افتح", "أغلق"] * 20,
    "english": [f"Open{n}File" for n in range(40)],
    "display classes": [f"<>c__DisplayClass{n}_0" for n in range(40)],
    "lambdas": [f"<Open>b__{n}_0" for n in range(40)],
    "state machines": [f"<Run>d__{n}" for n in range(40)],
    "functions of windows": ["WM_NCHITTEST", "GWL_STYLE", "SWP_NZRDR", "HWND_TPMST"] * 10,
    "accessors": [f"get_Name{n}" for n in range(40)],
    "generic": [f"Cache{n}`2" for n in range(40)],
    "explicit": [f"System.IDisposable.Dispose{n}" for n in range(40)],
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_names_that_nobody_wrote(kind: str) -> None:
    names = HIDDEN[kind]
    assert hidden(names) == len(names)
    assert hidden(names + SHOWN["english"]) == len(names)


@pytest.mark.parametrize("kind", SHOWN)
def test_names_of_people_and_compilers(kind: str) -> None:
    assert hidden(SHOWN[kind]) == 0
    assert not any(is_hidden(name) for name in SHOWN["chinese"] + SHOWN["russian"] + SHOWN["japanese"])


def test_a_few_are_none() -> None:
    """In bulk: so many, and so much of all."""
    invisible = HIDDEN["zero width"]
    assert hidden(invisible[: COUNT_MIN - 1]) == 0
    assert hidden(invisible[:COUNT_MIN]) == COUNT_MIN
    shown = [f"Open{number}" for number in range(round(COUNT_MIN / SHARE_MIN))]
    assert hidden(invisible[:COUNT_MIN] + shown) == 0
