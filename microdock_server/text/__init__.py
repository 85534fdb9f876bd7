"""Reading and comparing names that people write. Imports no other package of ours."""
