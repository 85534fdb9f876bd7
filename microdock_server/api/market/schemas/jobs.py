"""Background jobs, as administrators see them."""

from __future__ import annotations

from marshmallow import fields as plain

from ....schemas import fields
from ....schemas.base import Schema
from ....vocabulary import JobState
from .base import Page, paged


class JobQuery(Page):
    state = fields.Choice(JobState, load_default=None)


class Job(Schema):
    """`attempts` of five; a job in state failed is tried no more until somebody asks for it."""

    id = plain.String(required=True)
    kind = plain.String(required=True)
    state = plain.String(required=True, metadata={"enum": [state.value for state in JobState]})
    attempts = plain.Integer(required=True)
    error = plain.String(required=True)
    created_at = fields.Moment(required=True)
    finished_at = fields.Moment(required=True, allow_none=True)
    plugin_name = plain.String(required=True, allow_none=True)
    plugin_display_name = plain.String(required=True, allow_none=True)
    version = plain.String(required=True, allow_none=True)


JobPage = paged("jobs", Job)
