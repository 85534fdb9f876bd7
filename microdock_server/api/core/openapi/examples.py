"""Recorded requests and answers. The contract tests check that the server still answers like this."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import orjson

FILE: Final = Path(__file__).with_name("examples.json")


def show(document: dict[str, Any]) -> None:
    """Add the recorded examples of each operation to a document: parameters, bodies and answers."""
    recorded = orjson.loads(FILE.read_bytes())
    for operation in (one for path in document["paths"].values() for one in path.values()):
        if operation["operationId"] in recorded:
            _show(operation, recorded[operation["operationId"]])


def _show(operation: dict[str, Any], example: dict[str, Any]) -> None:
    for parameter in operation["parameters"]:
        values = example.get(parameter["in"], {})
        if parameter["name"] in values:
            parameter["example"] = values[parameter["name"]]
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, part in (("application/json", "body"), ("multipart/form-data", "form")):
        if media_type in content and part in example:
            content[media_type]["example"] = example[part]
    done = next(answer for status, answer in operation["responses"].items() if status < "300")
    if "answer" in example:
        done["content"]["application/json"]["example"] = example["answer"]
