"""Attacks that once went through, one test each: what each of them promises is tested in full beside its subject."""

from __future__ import annotations

# --- Who may publish what -------------------------------------------------------------------------------------------

# --- Names that pass for others, and keys ---------------------------------------------------------------------------

# --- Load that one client can make: connections ---------------------------------------------------------------------

# --- Load that one client can make: costs and quotas ----------------------------------------------------------------

# --- Browsers, proxies, addresses -----------------------------------------------------------------------------------

# --- HTTP, forms and files ------------------------------------------------------------------------------------------

# --- Sessions, clocks, restores -------------------------------------------------------------------------------------
