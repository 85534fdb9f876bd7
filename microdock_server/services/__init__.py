"""What may, must and has already been done: a file or a package for each noun, and no HTTP."""
