"""Answers of the demo registry as values, and what a request target asks for.

Nothing here may know a socket or what is stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Literal
from urllib.parse import unquote

from pinner.errors import InvalidDigestError, InvalidReferenceError
from pinner.oci.digest import Digest
from pinner.oci.media_types import strip_parameters
from pinner.oci.reference import Reference, is_tag

_JSON: Final = "application/json"
_ROUTE: Final = re.compile(r"/v2/(?P<name>.+)/(?:(?P<kind>manifests|blobs)/(?P<reference>[^/]+)|tags/list)", re.DOTALL)
# The codes of distribution-spec, "Error Codes", and the one that gateways use.
_CODES: Final = {
    400: "UNSUPPORTED",
    401: "UNAUTHORIZED",
    403: "DENIED",
    404: "NAME_UNKNOWN",
    405: "UNSUPPORTED",
    429: "TOOMANYREQUESTS",
}
_FALLBACK_CODE: Final = "UNAVAILABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP response; `Content-Length` follows from the body, which a HEAD leaves out."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a path below `/v2/` asks for; `reference` is None for the list of tags."""

    name: str
    kind: Literal["manifests", "blobs", "tags"]
    reference: str | Digest | None = None


def answer_json(document: Mapping[str, object], *, headers: Mapping[str, str] | None = None) -> Answer:
    """Return 200 with a JSON document."""
    return Answer(headers={"Content-Type": _JSON, **(headers or {})}, body=json.dumps(document).encode())


def answer_error(
    status: int,
    message: str,
    *,
    code: str | None = None,
    detail: object = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return an error as the specification shapes it; the usual `code` of `status` where none is named.

    (distribution-spec, "Error Codes")
    """
    entry = {"code": code or _CODES.get(status, _FALLBACK_CODE), "message": message, "detail": detail}
    body = json.dumps({"errors": [entry]}).encode()
    return Answer(status=status, headers={"Content-Type": _JSON, **(headers or {})}, body=body)


def read_target(path: str) -> Target | Answer:
    """Read a percent-encoded path, or say what is wrong with it (distribution-spec, "Endpoints")."""
    match = _ROUTE.fullmatch(unquote(path))
    if match is None:
        return answer_error(HTTPStatus.NOT_FOUND, "no such endpoint", code="UNSUPPORTED")
    name = match["name"]
    if not is_repository(name):
        return answer_error(HTTPStatus.BAD_REQUEST, "invalid repository name", code="NAME_INVALID", detail=name)
    if match["kind"] is None:
        return Target(name=name, kind="tags")
    kind: Literal["manifests", "blobs"] = "blobs" if match["kind"] == "blobs" else "manifests"
    written = match["reference"]
    if kind == "manifests" and is_tag(written):
        return Target(name=name, kind=kind, reference=written)
    try:
        return Target(name=name, kind=kind, reference=Digest.parse(written))
    except InvalidDigestError as error:
        code = "DIGEST_INVALID" if kind == "blobs" or ":" in written else "TAG_INVALID"
        return answer_error(HTTPStatus.BAD_REQUEST, error.message, code=code, detail=written)


def is_repository(name: str) -> bool:
    """Return whether `name` follows the grammar of a repository (distribution-spec, "Pulling manifests")."""
    try:
        return Reference.parse(f"localhost/{name}").repository == name
    except (InvalidReferenceError, InvalidDigestError):
        return False


def accepts(headers: Sequence[str], media_type: str) -> bool:
    """Return whether `Accept` names the type itself: wildcards count for nothing, as in docker-registry (RES-01)."""
    return media_type in {strip_parameters(one) for value in headers for one in value.split(",")}
