"""Inspection of uploaded packages: archive, manifest, versions, assemblies. Pure functions from files to reports."""

from microdock_server.bundle.dotnet.assembly import Finding, read_assembly
from microdock_server.bundle.inspect import Entry, Limits, Report, inspect_package
from microdock_server.bundle.manifest import Manifest, parse_manifest
from microdock_server.bundle.problems import Problem

__all__ = [
    "Entry",
    "Finding",
    "Limits",
    "Manifest",
    "Problem",
    "Report",
    "inspect_package",
    "parse_manifest",
    "read_assembly",
]
