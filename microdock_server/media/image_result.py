"""What re-encoding an image gives: a safe one, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reason = Literal["not_an_image", "too_large", "too_many_pixels", "too_small", "too_dear"]


class BadImage(Exception):
    """The bytes are not an acceptable image; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NormalisedImage:
    """A re-encoded image: no metadata, no profile, one frame."""

    data: bytes
    media_type: str
    width: int
    height: int
