"""The business rules: a file or a package per noun, without HTTP."""
