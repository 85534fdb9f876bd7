"""The OpenAPI document: made from the declarations that drive the endpoints, and said in words and examples."""

from .specification import document

__all__ = ["document"]
