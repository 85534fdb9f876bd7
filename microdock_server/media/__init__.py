"""What strangers give us to show, as something that is safe to show: pictures and texts. Pure; no storage, no HTTP."""

from .images import BadImage, Picture, normalise
from .markup import to_html

__all__ = ["BadImage", "Picture", "normalise", "to_html"]
