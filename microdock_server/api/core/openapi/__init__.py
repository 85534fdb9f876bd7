"""The OpenAPI document, generated from the declarations that drive the endpoints, with descriptions and examples."""

from .specification import document

__all__ = ["document"]
