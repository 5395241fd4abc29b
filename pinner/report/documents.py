"""Reports for programs: JSON documents, each with the name of its schema.

A field is never removed or given another meaning under one schema name; new fields may come.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files as package_files
from typing import Final, NamedTuple

from pinner.cooldown import Waiting
from pinner.formats.base import LeftAlone, Occurrence, ScannedFile, left_alone_in
from pinner.lock.comparison import Moved
from pinner.lock.model import Lock, Pin
from pinner.oci.reference import Reference
from pinner.oci.referrers import CREATED, TITLE, Referrer, ReferrerList
from pinner.oci.tags import TagList, sort_tags
from pinner.patterns import compile_later
from pinner.plan import Plan
from pinner.policy.findings import Finding, Severity
from pinner.resolution import Resolution, Unresolved
from pinner.rewriting import Failure, Replaced
from pinner.text import Position

Document = dict[str, object]

# What JSON may hold as it is and a terminal should not see: DEL, C1, direction marks, line separators, lone surrogates.
_DISGUISES: Final = compile_later("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

# With `indent`, json leaves its encoder in C for one in Python; this writes the same.
_encode_row: Final = json.JSONEncoder(ensure_ascii=False, separators=(",\n      ", ": ")).encode

SCHEMAS: Final = (
    "images",
    "findings",
    "plan",
    "resolutions",
    "tags",
    "referrers",
    "diff",
    "auth",
    "files",
    "explanation",
)


class ImageRows(NamedTuple):
    """What the inventory says of one file: rows of its two lists."""

    images: str
    skipped: str


def render_schema(name: str) -> str:
    """Return the JSON Schema of a document, as it ships in the package."""
    return package_files("pinner.report").joinpath("schemas", f"{name}.json").read_text(encoding="utf-8")


def describe_images(file: ScannedFile, lock: Lock) -> ImageRows:
    """Return the image references of a file, and the places in it that were left alone."""
    return ImageRows(
        images=_render_rows(_image(file, one, lock) for one in file.occurrences),
        skipped=_render_rows(map(_skipped, left_alone_in(file))),
    )


def render_inventory(files: Iterable[ImageRows]) -> Iterator[str]:
    """Yield the document of all that `describe_images` said (`pinner/images/1`); `files` are read twice."""
    images = (one.images for one in files)
    skipped = (one.skipped for one in files)
    return _stream_document("images", images=images, skipped=skipped)


def render_findings(
    findings: Iterable[Finding],
    counts: Mapping[Severity, int],
    files: int,
    *,
    images: int | None = None,
    failures: Sequence[Failure] = (),
) -> Iterator[str]:
    """Yield the document of what `check` found, and of what `verify` did and could not (`pinner/findings/1`)."""
    summary = {"files": files, **{f"{one.word}s": counts.get(one, 0) for one in reversed(Severity)}}
    rows = (_render_rows((_finding(one),)) for one in findings)
    if images is None:
        return _stream_document("findings", findings=rows, summary=summary)
    summary |= {"images": images, "failures": len(failures)}
    return _stream_document("findings", findings=rows, failures=list(map(_failure, failures)), summary=summary)


def render_plan(plan: Plan) -> Iterator[str]:
    """Yield what `pin` and `update` change, and what they could not (`pinner/plan/1`)."""
    difference = plan.difference
    return _stream_document(
        "plan",
        changes=(_render_rows(_replaced(revision.path, one) for one in revision.places) for revision in plan.files),
        lock={"added": list(map(describe_pin, difference.added)), "moved": list(map(describe_moved, difference.moved))},
        waiting=list(map(_waiting, plan.waiting)),
        dropped=[{"image": one.key, "digest": str(one.digest), "reason": one.reason} for one in plan.dropped],
        unchanged=[{"image": one.key, "digest": str(one.digest), "new": str(one.new)} for one in plan.unchanged],
        failures=list(map(_failure, plan.failures)),
        skipped=(_render_rows((_skipped(one),)) for one in plan.left_alone),
    )


def render_resolutions(resolutions: Iterable[Resolution]) -> str:
    """Return what each reference means, or why that is not known (`pinner/resolutions/1`)."""
    return render_document("resolutions", resolutions=list(map(_resolution, resolutions)))


def render_tags(repository: Reference, tags: TagList) -> str:
    """Return the tags of a repository, versions in their order (`pinner/tags/1`)."""
    return render_document(
        "tags",
        registry=repository.registry,
        repository=repository.repository,
        tags=list(sort_tags(tags.tags)),
        complete=tags.is_complete,
    )


def render_referrers(image: Reference, found: ReferrerList) -> str:
    """Return what refers to an image (`pinner/referrers/1`)."""
    return render_document(
        "referrers",
        reference=image.written,
        digest=str(found.subject),
        via=found.via,
        referrers=list(map(_referrer, found.referrers)),
        complete=found.is_complete,
    )


def describe_pin(pin: Pin) -> Document:
    """Return an entry of the lock."""
    return {
        "image": pin.key,
        "digest": str(pin.digest),
        "media_type": pin.media_type,
        "platforms": _platforms(pin),
    }


def describe_moved(moved: Moved) -> Document:
    """Return an entry of the lock whose digest is another one."""
    return {
        "image": moved.new.key,
        "old": str(moved.old.digest),
        "new": str(moved.new.digest),
        "old_platforms": _platforms(moved.old),
        "new_platforms": _platforms(moved.new),
    }


def render_document(schema: str, **fields: object) -> str:
    """Return a document of a schema, as text in which nothing moves a terminal's cursor or turns its writing."""
    return _undisguise(json.dumps({"schema": f"pinner/{schema}/1", **fields}, indent=2, ensure_ascii=False)) + "\n"


def _stream_document(schema: str, **fields: Iterator[str] | object) -> Iterator[str]:
    """Yield the same text as `render_document`; long lists come as an iterator of rows and are never held together."""
    yield f'{{\n  "schema": "pinner/{schema}/1"'
    for name, value in fields.items():
        if isinstance(value, Iterator):
            yield f',\n  "{name}": ['
            yield from _join_rows(value)
        else:
            text = json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n  ")
            yield _undisguise(f',\n  "{name}": {text}')
    yield "\n}\n"


def _join_rows(rows: Iterator[str]) -> Iterator[str]:
    """Yield what stands behind the opening bracket of a list."""
    separator = "\n"
    for text in filter(None, rows):
        yield separator + text
        separator = ",\n"
    yield "]" if separator == "\n" else "\n  ]"


def _render_rows(rows: Iterable[Document]) -> str:
    """Return objects without depth as they stand in a list of a document."""
    return _undisguise(",\n".join(f"    {{\n      {_encode_row(row)[1:-1]}\n    }}" for row in rows))


def _undisguise(text: str) -> str:
    return _DISGUISES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _place(path: str, position: Position) -> Document:
    return {"path": path, "line": position.line, "column": position.column}


def _image(file: ScannedFile, one: Occurrence, lock: Lock) -> Document:
    reference = one.reference
    pins = _pins_of(one, lock)
    return {
        **_place(one.path, file.source.position(one.span.start)),
        "format": file.format.name if file.format else None,
        "locator": one.locator,
        "written": reference.written,
        "registry": reference.registry,
        "repository": reference.repository,
        "tag": reference.tag,
        "digest": str(reference.digest) if reference.digest else None,
        "locked": str(pins[0].digest) if pins else None,
    }


def _pins_of(one: Occurrence, lock: Lock) -> tuple[Pin, ...]:
    """Return the lock entries of an occurrence, the one with its own digest first."""
    reference = one.reference
    if reference.is_digest_only and reference.digest is not None:
        return lock.for_digest(reference.name, reference.digest)
    return tuple(sorted(lock.pins_for(reference.tagged), key=lambda pin: pin.digest != reference.digest))


def _skipped(one: LeftAlone) -> Document:
    skipped = one.skipped
    return {
        **_place(skipped.path, one.position),
        "format": one.format,
        "locator": skipped.locator,
        "written": skipped.written,
        "reason": skipped.reason,
        "detail": skipped.detail,
    }


def _finding(one: Finding) -> Document:
    return {
        "rule": one.rule,
        "severity": one.severity.word,
        "message": one.message,
        "hint": one.hint,
        "path": one.path,
        "line": one.line,
        "column": one.column,
        "end_line": one.end_line,
        "end_column": one.end_column,
        "locator": one.locator,
        "image": one.image,
        "fingerprint": one.fingerprint,
    }


def _replaced(path: str, one: Replaced) -> Document:
    place = _place(path, one.position)
    return {**place, "locator": one.locator, "written": one.written, "pinned": one.reference.written}


def _platforms(pin: Pin) -> list[str] | None:
    return None if pin.platforms is None else list(map(str, pin.platforms))


def _waiting(one: Waiting) -> Document:
    until = one.until.isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"image": one.key, "digest": str(one.digest), "seen": one.seen.isoformat(), "until": until}


def _failure(failure: Failure) -> Document:
    return {
        "image": failure.image,
        "places": list(failure.places),
        "error": failure.error.code,
        "detail": failure.error.message,
        "hint": failure.error.hint,
    }


def _resolution(one: Resolution) -> Document:
    if isinstance(one, Unresolved):
        return {"reference": one.reference.written, "error": one.error.code, "detail": one.error.message}
    descriptor = one.descriptor
    return {
        "reference": one.reference.written,
        "digest": str(descriptor.digest),
        "media_type": descriptor.media_type,
        "size": descriptor.size,
        "platforms": None if one.platforms is None else list(map(str, one.platforms)),
        "source": one.how,
        "mirror": one.mirror,
    }


def _referrer(one: Referrer) -> Document:
    return {
        "digest": str(one.digest),
        "artifact_type": one.artifact_type,
        "media_type": one.media_type,
        "size": one.size,
        "title": one.annotations.get(TITLE),
        "created": one.annotations.get(CREATED),
    }
