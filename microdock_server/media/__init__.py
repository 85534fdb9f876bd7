"""What strangers give us to show, as something that is safe to show: pictures and texts. Pure; no storage, no HTTP."""

from .images import BadImage, Picture, effort, normalise
from .markup import as_plain, to_html
from .markup_cost import TooCostly

__all__ = ["BadImage", "Picture", "TooCostly", "as_plain", "effort", "normalise", "to_html"]
