"""Texts: each is there in both languages with the same placeholders, well set, and asked for by a key that exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from microdock_server import errors
from microdock_server.api.market.schemas import system as schemas
from microdock_server.errors import DomainError
from microdock_server.messages import CATALOGUE, LANGUAGES, Message, language_of, tag_of, text
from microdock_server.messages.admin_page import ADMIN, SHARED
from microdock_server.messages.page_files import keys
from microdock_server.messages.scans import recognised
from microdock_server.messages.translations import FOLDER, blanks, faults, read
from microdock_server.services.audit_acts import ACTS, TARGETS
from microdock_server.vocabulary import Verdict

from . import page_keys

PACKAGE = Path(__file__).parent.parent / "microdock_server"


def keys_in_code() -> Iterator[str]:
    """Keys that stand in the code: of messages, of endpoints, of refusals of a field."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "message" and isinstance(node.value, ast.Constant):
                yield node.value.value
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
                "Message",
                "refusal",
            ):
                yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))


def kinds(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from kinds(child)


# Products, formats and standards: they are called so in Chinese too.
NAMES = re.compile(
    r"Avalonia|C|Core|Costura|Deflate|Framework|Git|Info-ZIP|Linux|Markdown|Native|Office|Python|Redis"
    r"|Shell|Unicode|Windows|Zip|Zstandard|npm"
)
# Fields, values, commands and endings of files that texts for developers quote.
QUOTED = re.compile(
    r"Compile|Compress-Archive|Content-Type|Encoding|Exe|F|Host|If-Match|Infinity|Library|Link|None|Origin"
    r"|Out-File|Path|Release|Replace|Update|Version|Z|assets|author|bin|byte|changelog|changes|con|copying"
    r"|cp|cs|csproj|curl|data|dependencies|description|details|dll|docs|dotnet|engines|entryclass|exe|false"
    r"|file|git|gzip|history|homepage|http|https|id|jar|l|lib|licence|license|m|main|mcu|msi|mv|name|none"
    r"|nul|null|obj|on|override|permissions|public|publish|python|r|readme|reason|ref|refint|replaces"
    r"|runtime|s|scr|self-contained|t|true|typeof|udfff|unzip|v|version|versions|winmd|x|y|yes|z|zip"
)
# Of visitors and administrators, who read no package: nothing is quoted there.
PLAIN = ("admin.", "page.", "event.", "release.", "market.", "feeds.", "permission.")
# As the documents of the API have them.
DOCUMENTED = {"success", "system.root"}
CJK = "\u3400-\u9fff"
WIDE = "，。；：？！（）、“”"
# What one writes in a text without being of its language: placeholders.
_BLANK = re.compile(r"\{\{|\}\}|\{[^}]*\}")
_WORD = re.compile(r"[./]?[A-Za-z][\w.:/+#\-]*", re.ASCII)
# A path, a number, an acronym, a camelCaseName.
_CODE = re.compile(r"[._/:+#\d]|[a-z][A-Z]|^[A-Z]{2,}")


def english_in(key: str, chinese: str) -> set[str]:
    """English words in a Chinese text that are neither names nor quoted."""
    found = {word.rstrip("-") for word in _WORD.findall(_BLANK.sub(" ", chinese)) if not _CODE.search(word)}
    allowed = (NAMES,) if key.startswith(PLAIN) else (NAMES, QUOTED)
    return {word for word in found if not any(words.fullmatch(word) for words in allowed)}


def badly_set(chinese: str, english: str) -> list[str]:
    """What is wrong with how a text is set."""
    bare = _BLANK.sub("_", chinese)
    rules = {
        "a space or line break at an end, or two spaces": lambda text: text != text.strip() or "  " in text,
        "three dots instead of …": lambda text: "..." in text,
    }
    found = [name for name, is_so in rules.items() if is_so(chinese) or is_so(english)]
    chinese_rules = {
        "half-width punctuation": rf"[{CJK}][,;:?!]|[,;?!][{CJK}]|[{CJK}]\.(?![\w.])",
        "half-width parentheses": rf"(?<![A-Za-z])\([^)]*[{CJK}]|[{CJK}]\(",
        "straight quotes": rf"[\"'][{CJK}]+[\"']",
        "a space beside full-width punctuation": rf"[{WIDE}] | [{WIDE}]",
        "no space between the scripts": rf"[{CJK}][A-Za-z0-9]|[A-Za-z0-9][{CJK}]",
    }
    found += [name for name, pattern in chinese_rules.items() if re.search(pattern, bare)]
    return found + (["Chinese in English"] if re.search(f"[{CJK}{WIDE.strip('“”')}]", english) else [])


# One word for one thing (docs/design.md, "Words"): these are the other ones.
OTHER_CHINESE = re.compile(r"超期|放量|停用|驳回|账户|帐户|帐号|登陆|放弃更改|变更|审查|撤下|投稿|服务端|软件包")
OTHER_ENGLISH = re.compile(
    r"\b(sign(ed)? (in|out)|emails?|plug-ins?|filenames?|past due|throw away|was withdrawn|licenses?(?! in\b|[,.]))\b",
    re.I,
)
# The name of a field, and of a file, stand in texts about them.
FIELDS = re.compile(r"no_license|LICENSE|license, licence or copying|no license, and|author or license")


def test_one_thing_has_one_word() -> None:
    found = {
        key: (OTHER_CHINESE.findall(chinese), [word[0] for word in OTHER_ENGLISH.findall(FIELDS.sub("", english))])
        for key, (chinese, english) in CATALOGUE.items()
        if key not in DOCUMENTED
    }
    assert {key: words for key, words in found.items() if any(words)} == {}
    assert OTHER_CHINESE.findall("停用账户") == ["停用", "账户"]


def test_both_languages_say_the_same() -> None:
    assert len(CATALOGUE) > 2000
    assert [key for key, pair in CATALOGUE.items() if len(pair) != 2 or not all(text.strip() for text in pair)] == []
    assert [key for key, (chinese, english) in CATALOGUE.items() if blanks(chinese) != blanks(english)] == []


def test_no_english_word_stands_in_a_chinese_text() -> None:
    found = {key: english_in(key, chinese) for key, (chinese, _) in CATALOGUE.items() if key not in DOCUMENTED}
    assert {key: words for key, words in found.items() if words} == {}
    assert english_in("page.x", "已被 upload key 上传到 Windows 的 plugin.json") == {"upload", "key"}


def test_texts_are_set_as_each_language_is() -> None:
    found = {key: badly_set(*pair) for key, pair in CATALOGUE.items() if key not in DOCUMENTED}
    # It is a whole file, not a line.
    found.pop("admin_page.not_built")
    assert {key: what for key, what in found.items() if what} == {}
    assert badly_set("请看:第(一)页,共2页", "see 第…") != []


def test_the_page_asks_for_texts_that_there_are_and_for_all_of_them() -> None:
    sources, known = page_keys.sources(), set(keys())
    asked = [literal for code in sources for literal in page_keys.asked_for(code)]
    assert len(sources) > 80 and len(asked) > 700
    assert [one for one in asked if not any(page_keys.meant(one).fullmatch(key) for key in known)] == []
    assert known - set().union(*(page_keys.used(code, known) for code in sources)) == set()


def test_what_the_page_says_as_others_do_is_there_once() -> None:
    assert not [key for key in SHARED.values() if key not in CATALOGUE or key in ADMIN]
    assert not [key for key in SHARED if f"admin.{key}" in ADMIN]
    others = {pair: key for key, pair in CATALOGUE.items() if key not in ADMIN}
    # Single words may mean something else in another place, and be other words in another language.
    assert {key: others[pair] for key, pair in ADMIN.items() if pair in others and len(pair[1].split()) > 2} == {}


def test_every_act_of_the_audit_log_is_listed_and_has_words() -> None:
    shape = re.compile(rf"({'|'.join((*TARGETS, 'version'))})\.([a-z_]*(ed|_set|_found)|hidden|shown)")
    # Two are made of the decision.
    recorded = {f"review.{verdict.value}" for verdict in Verdict} | {"appeal.approved", "appeal.rejected"}
    for path in PACKAGE.rglob("*.py"):
        if ("services" in path.parts and path.name != "audit_acts.py") or path.name == "administration.py":
            tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            texts = (node.value for node in tree if isinstance(node, ast.Constant) and isinstance(node.value, str))
            recorded |= {text for text in texts if shape.fullmatch(text)}
    assert recorded == set(ACTS)
    assert [act for act in ACTS if f"admin.audit.act.{act}" not in ADMIN] == []
    assert [act for act in ACTS if f"admin.audit.said.{act}" not in ADMIN] == []
    assert [act for act in ACTS for said in ADMIN[f"admin.audit.said.{act}"] if "{actor}" not in said] == []
    sections = (schemas.ReviewSettings, schemas.UploadSettings, schemas.ReleaseSettings)
    settings = {name for section in sections for name in section().fields}
    assert len(settings) > 15
    assert [name for name in settings if f"admin.audit.field.{name}" not in ADMIN] == []
    assert [kind for kind in TARGETS if f"admin.audit.target.{kind}" not in ADMIN] == []


def test_the_languages_there_are_say_everything() -> None:
    assert {path.name: list(faults(read(path), CATALOGUE)) for path in FOLDER.glob("*.json")} == {
        path.name: [] for path in FOLDER.glob("*.json")
    }
    assert list(LANGUAGES)[:2] == ["zh", "en"]
    assert [tag_of(language) for language in ("zh", "en", "pt-BR")] == ["zh-CN", "en", "pt-BR"]


def test_what_is_wrong_with_a_language_is_said() -> None:
    catalogue = {"a": ("{z}", "{z}"), "b": ("", ""), "c": ("", ""), "admin.e": ("", "")}
    assert list(faults({"a": "x {y}", "b": "{", "d": "x", "admin.e": "x | y"}, catalogue)) == [
        "c is missing",
        "d is not in the catalogue",
        "a does not have the placeholders ['z']",
        "b does not have the placeholders []",
        "admin.e has @ or |, which the admin page's library reads as its own",
    ]


@pytest.mark.parametrize(
    ("name", "content"), [("fr", "["), ("fr", "[]"), ("fr", '{"a": 1}'), ("zh", "{}"), ("français", "{}"), ("EN", "{}")]
)
def test_a_file_that_is_no_language_is_refused(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / f"{name}.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(str(path))):
        read(path)


@pytest.mark.parametrize(
    ("stored", "key", "values"),
    [
        ("the scanner cannot be reached: Connection refused", "scan.unreachable", {"cause": "Connection refused"}),
        ("the path of a scanner's socket has at most 107 bytes", "scan.socket_path", {"bytes": "107"}),
        ("the scanner took too long", "scan.timeout", {}),
    ],
)
def test_why_a_scan_failed_is_found_in_the_catalogue(stored: str, key: str, values: dict[str, str]) -> None:
    assert recognised(stored) == (key, values)
    assert Message(key, values).render("en") == stored
    assert recognised("something else") is None


def test_every_key_in_the_code_is_in_the_catalogue() -> None:
    found = set(keys_in_code())
    assert len(found) > 40
    assert not found - CATALOGUE.keys()


@pytest.mark.parametrize("kind", sorted(set(kinds()), key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_text(kind: type[DomainError]) -> None:
    assert f"error.{kind.slug}" in CATALOGUE


def test_the_tree_in_the_docstring_names_every_refusal() -> None:
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in kinds())


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr", "zh"),
        ("fr, en;q=0.3", "en"),
        ("en;q=0, zh;q=0.1", "zh"),
        ("en;q=nonsense", "zh"),
        ("*", "zh"),
        (",;,;q=", "zh"),
    ],
)
def test_the_better_rated_language_is_spoken(header: str, language: str) -> None:
    assert language_of(header) == language


def test_a_message_within_a_message_speaks_the_same_language() -> None:
    outer = Message("error.bad_package", {"problem": Message("field.required")})
    assert outer.render("en") == "The package was refused: This field is required"


def test_what_is_written_from_right_to_left_leaves_a_sentence_its_order() -> None:
    names = {"plugin_name": "שעון 2.0", "version": "1.0.0"}
    assert "\u2068שעון 2.0\u2069 1.0.0" in text("event.new_review_assigned", "en", names)
    assert "\u2068" not in text("event.new_review_assigned", "zh", {**names, "plugin_name": "天气 Pro"})
