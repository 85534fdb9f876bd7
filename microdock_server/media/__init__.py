"""Images and texts by strangers, converted into a form that is safe to show. Pure functions; no storage, no HTTP."""

from .image_cost import Allowance
from .images import BadImage, NormalisedImage, effort, normalise
from .markup import as_plain, to_html
from .markup_cost import STEPS, STEPS_PER_MILLISECOND, Cost, TooCostly

__all__ = [
    "STEPS",
    "STEPS_PER_MILLISECOND",
    "Allowance",
    "BadImage",
    "Cost",
    "NormalisedImage",
    "TooCostly",
    "as_plain",
    "effort",
    "normalise",
    "to_html",
]
