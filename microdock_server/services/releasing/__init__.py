"""Releasing: what owners, holders of keys and reviewers do with published versions, and how a version becomes one."""
