"""Results of automatic review, and the changes of a version."""

from __future__ import annotations

from typing import Any

from marshmallow import fields as plain

from ....schemas import answer_fields, fields
from ....schemas.base import Schema
from ....vocabulary import NOT_MEASURED, AutoReviewStatus


def one_of(*words: str, **kwargs: Any) -> plain.String:
    allowed = [*words, None] if kwargs.get("allow_none") else list(words)
    return plain.String(metadata={"enum": allowed}, **kwargs)


class Issue(Schema):
    """One finding, worded in the language of the request. `type` is its severity as error, warning or info."""

    type = one_of("error", "warning", "info", required=True)
    rule = plain.String(required=True)
    help_url = plain.String(required=True, allow_none=True)
    category = plain.String(required=True)
    severity = one_of("high", "medium", "low", required=True)
    message = plain.String(required=True)
    evidence = plain.List(plain.String(), required=True)


# What an area reports depends on the rules of its time: a stored result may lack some of these fields.


class SecurityDetails(Schema):
    malware_scan = plain.String()
    scanner = plain.String(allow_none=True)
    vulnerability_scan = plain.String()
    permission_check = plain.String()
    sensitive_apis = plain.List(plain.String())
    declared_permissions = plain.List(plain.String())


class QualityDetails(Schema):
    code_complexity = plain.String()
    test_coverage = plain.String()
    documentation = plain.String()
    missing_documents = plain.List(plain.String())
    assembly = plain.String()


class PerformanceDetails(Schema):
    startup_time = plain.String()
    memory_usage = plain.String()
    cpu_usage = plain.String()
    file_size = plain.Integer()
    unpacked_size = plain.Integer()
    entries = plain.Integer()
    largest = plain.Integer()


class Requirement(Schema):
    """A dependency or an engine that a package names. Dependencies have `satisfied`, engines `satisfiable`."""

    name = plain.String(required=True)
    range = plain.String(required=True)
    known = plain.Boolean(required=True)
    satisfied = plain.Boolean()
    satisfiable = plain.Boolean()


class CompatibilityDetails(Schema):
    dependencies = plain.List(plain.Nested(Requirement))
    engines = plain.List(plain.Nested(Requirement))
    target_framework = plain.String()
    architecture = plain.String()
    missing_references = plain.List(plain.String())


def _check(area: str, details: type[Schema]) -> plain.Nested:
    members = {
        "score": answer_fields.Measured("integer", required=True),
        "status": one_of("pass", "warning", "fail", NOT_MEASURED, required=True),
        "details": plain.Nested(details, required=True),
    }
    made = Schema.from_dict(members, name=f"{area}Check")
    made.__module__ = __name__
    return plain.Nested(made, required=True)


class Checks(Schema):
    security = _check("Security", SecurityDetails)
    quality = _check("Quality", QualityDetails)
    performance = _check("Performance", PerformanceDetails)
    compatibility = _check("Compatibility", CompatibilityDetails)


class AutoReview(Schema):
    """`overall_score` and `checks` are null until the status is `completed`."""

    id = plain.String(required=True)
    plugin_name = plain.String(required=True)
    version = plain.String(required=True)
    file_hash = plain.String(required=True)
    status = plain.String(required=True, metadata={"enum": [status.value for status in AutoReviewStatus]})
    overall_score = plain.Integer(required=True, allow_none=True)
    checks = plain.Nested(Checks, required=True, allow_none=True)
    issues = plain.List(plain.Nested(Issue), required=True)
    recommendations = plain.List(plain.String(), required=True)
    rules_version = plain.String(required=True, allow_none=True)
    error = plain.String(required=True, allow_none=True)
    created_at = fields.Moment(required=True)
    finished_at = fields.Moment(required=True, allow_none=True)


class VersionManifest(Schema):
    """The version's plugin.json, without what the owner changed later."""

    name = plain.String(required=True)
    version = plain.String(required=True)
    display_name = plain.String(required=True)
    description = plain.String(required=True)
    author = plain.String(required=True)
    license = plain.String(required=True)
    homepage = plain.String(required=True)
    main_dll = plain.String(required=True)
    entry_class = plain.String(required=True)
    dependencies = fields.StringMap(required=True)
    engines = fields.StringMap(required=True)
    permissions = plain.List(plain.String(), required=True, allow_none=True)
    replaces = plain.List(plain.String(), required=True)


class ManifestChange(Schema):
    """A field of plugin.json that differs: a text, or an object or list of texts; null where there was no version
    before.
    """

    field = plain.String(required=True)
    old = answer_fields.Texts(required=True)
    new = answer_fields.Texts(required=True)


class NameDifference(Schema):
    added = plain.List(plain.String(), required=True)
    removed = plain.List(plain.String(), required=True)


class FileDifference(NameDifference):
    changed = plain.List(plain.String(), required=True)


class PermissionDifference(NameDifference):
    """`declared` is false where plugin.json has no list of permissions, which is not the same as an empty one."""

    # Marshmallow takes fields off the class, and its own `unknown` stays what it is.
    unknown = plain.List(plain.String(), required=True)  # type: ignore[assignment]
    declared = plain.Boolean(required=True)
    was_declared = plain.Boolean(required=True, allow_none=True)


class ApiUse(Schema):
    """A sensitive API that the code refers to: `Namespace.Type::Member`."""

    capability = plain.String(required=True)
    evidence = plain.String(required=True)


class ApiUseDifference(Schema):
    added = plain.List(plain.Nested(ApiUse), required=True)
    removed = plain.List(plain.Nested(ApiUse), required=True)


class NativeImport(Schema):
    """A function that is called in a native library (P/Invoke)."""

    module = plain.String(required=True)
    function = plain.String(required=True)


class NativeImportDifference(Schema):
    added = plain.List(plain.Nested(NativeImport), required=True)
    removed = plain.List(plain.Nested(NativeImport), required=True)


class Diff(Schema):
    """The changes since the published version that `against` names; null where there is none."""

    against = plain.String(required=True, allow_none=True)
    manifest = plain.List(plain.Nested(ManifestChange), required=True)
    permissions = plain.Nested(PermissionDifference, required=True)
    files = plain.Nested(FileDifference, required=True)
    references = plain.Nested(NameDifference, required=True)
    capabilities = plain.Nested(ApiUseDifference, required=True)
    native_imports = plain.Nested(NativeImportDifference, required=True)
