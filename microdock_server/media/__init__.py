"""Images and texts by strangers, converted into a form that is safe to show. Pure functions; no storage, no HTTP.

`images` and `markup` are imported where they are used: they load Pillow and a parser of Markdown, and most workers of a
server never convert anything, because what they show was converted when it was uploaded.
"""

from .image_cost import Allowance
from .image_result import BadImage, NormalisedImage
from .markup_cost import STEPS, STEPS_PER_MILLISECOND, Cost, TooCostly, as_plain

__all__ = [
    "STEPS",
    "STEPS_PER_MILLISECOND",
    "Allowance",
    "BadImage",
    "Cost",
    "NormalisedImage",
    "TooCostly",
    "as_plain",
]
