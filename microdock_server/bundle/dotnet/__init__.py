"""Reading of PE images and of the metadata of .NET assemblies (ECMA-335), with bounds. Nothing is ever run."""
