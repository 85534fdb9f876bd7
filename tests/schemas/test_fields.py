"""Field types: accepted values, and refusals with messages of the catalogue."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdock_server.messages import Message
from microdock_server.schemas import fields
from microdock_server.vocabulary import BackupType

FIELDS: dict[str, ma.fields.Field[Any]] = {
    "text": fields.Text(min=1, max=5),
    "lines": fields.Text(max=20, lines=True),
    "name": fields.PluginName(),
    "shown name": fields.Name(min=1, max=20),
    "prose": fields.Prose(max=40),
    "needed prose": fields.Prose(min=1, max=40),
    "version": fields.Version(),
    "plugin key": fields.PluginKey(),
    "user key": fields.UserKey(),
    "number": fields.Number(min=1, max=9),
    "query number": fields.Number(min=1, max=9, from_text=True),
    "flag": fields.Flag(),
    "choice": fields.Choice(BackupType),
    "many": fields.Many(fields.Text(min=1, max=3), max=2),
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("kind", "value", "loaded"),
    [
        ("text", "十个字", "十个字"),
        ("lines", "a\r\n\tb", "a\r\n\tb"),
        ("name", "com.Example.my-plugin", "com.Example.my-plugin"),
        ("prose", "a\n\u2067שלום\u2069 \u200eb", "a\n\u2067שלום\u2069 \u200eb"),
        ("prose", " \n", " \n"),
        ("needed prose", "\n.", "\n."),
        ("version", "1.0.0-rc.1+build", "1.0.0-rc.1+build"),
        ("plugin key", "a_B-9", "a_B-9"),
        ("user key", "a.b_c-9", "a.b_c-9"),
        ("number", 9, 9),
        ("query number", "7", 7),
        ("flag", False, False),
        ("choice", "plugin", BackupType.PLUGIN),
        ("many", ["a", "b"], ["a", "b"]),
    ],
)
def test_what_fits_is_loaded(kind: str, value: Any, loaded: Any) -> None:
    assert FIELDS[kind].deserialize(value) == loaded


@pytest.mark.parametrize(
    ("kind", "value", "key"),
    [
        ("text", "", "field.length"),
        ("text", "a\nb", "field.characters"),
        ("lines", "a\0b", "field.characters"),
        ("lines", "\ud800", "field.characters"),
        ("text", 1, "field.string"),
        ("text", None, "field.null"),
        ("name", "single", "field.plugin_name"),
        ("shown name", "a\u2028b", "field.characters"),
        ("shown name", "a\u2029b", "field.characters"),
        ("prose", "exe\u202egnp", "field.bidi_prose"),
        ("prose", "\u2067open", "field.bidi_prose"),
        ("prose", "closed\u2069", "field.bidi_prose"),
        ("prose", "a\0b", "field.characters"),
        ("needed prose", "", "field.length"),
        ("needed prose", " \n\t", "field.invisible"),
        ("needed prose", "\u200b\u2800", "field.invisible"),
        ("name", "com.example\n", "field.plugin_name"),
        ("version", "1.0", "field.version"),
        ("version", "1.0.0\n", "field.version"),
        ("version", "٣.0.0", "field.version"),
        ("plugin key", "ключ", "field.plugin_key"),
        ("user key", "-a", "field.user_key"),
        ("number", "9", "field.integer"),
        ("number", True, "field.integer"),
        ("number", 1.0, "field.integer"),
        ("number", 10, "field.range"),
        ("query number", "٣", "field.integer"),
        ("flag", "true", "field.boolean"),
        ("flag", 1, "field.boolean"),
        ("choice", "other", "field.choice"),
        ("choice", 1, "field.string"),
        ("many", "ab", "field.list"),
        ("many", ["a", "b", "c"], "field.too_many"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(kind: str, value: Any, key: str) -> None:
    with pytest.raises(ma.ValidationError) as refusal:
        FIELDS[kind].deserialize(value)
    assert [message.key for message in refusal.value.messages] == [key]


def leaves(messages: Any) -> list[Any]:
    if isinstance(messages, dict):
        return [leaf for inner in messages.values() for leaf in leaves(inner)]
    return messages if isinstance(messages, list) else [messages]


@pytest.mark.parametrize("kind", FIELDS)
@given(value=JSON)
def test_anything_else_is_refused_in_words_of_the_catalogue(kind: str, value: Any) -> None:
    try:
        FIELDS[kind].deserialize(value)
    except ma.ValidationError as refusal:
        found = leaves(refusal.messages)
        assert found
        assert all(isinstance(message, Message) and message.render("en") and message.render("zh") for message in found)


@pytest.mark.parametrize(
    ("arrived", "meant"),
    [
        ("2026-01-01T00:00:00 08:00", "2026-01-01T00:00:00+08:00"),
        ("2026-01-01 00:00:00 0800", "2026-01-01 00:00:00+0800"),
        ("2026-01-01T00:00:00.123456 08", "2026-01-01T00:00:00.123456+08"),
        ("2026-01-01T00:00:00-08:00", "2026-01-01T00:00:00-08:00"),
        ("2026-01-01 00:00:00Z", "2026-01-01 00:00:00Z"),
        ("2026-01-01 00:00", "2026-01-01 00:00"),
    ],
)
def test_an_offset_that_lost_its_plus_on_the_way_is_understood(arrived: str, meant: str) -> None:
    assert fields.Time().from_query(arrived) == meant
