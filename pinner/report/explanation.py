"""What is known of a rule or an image, for people and as a document (`pinner/explanation/1`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import chain, repeat

from pinner.forms import Form
from pinner.frozen import dataclass
from pinner.lock.model import Pin
from pinner.oci.digest import Digest
from pinner.policy.findings import Severity
from pinner.registry.explanation import RegistryAccess
from pinner.report.access import describe_way, render_way
from pinner.report.documents import Document, render_document
from pinner.report.text import Paint, escape, join_lines, plain

_LABEL = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleExplanation:
    """What a rule is called, what a finding of it weighs, and what holds where there is none."""

    id: str
    severity: Severity
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Use:
    """A place where an image is used, and the form that its digest is to have there."""

    path: str
    line: int
    column: int
    locator: str
    written: str
    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of the lock, and its line."""

    pin: Pin
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidacy:
    """A digest that waits for an entry, since when, and until when where the project has a minimum age."""

    key: str
    digest: Digest
    seen: dt.date
    until: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageExplanation:
    """All that is known of an image: `registry/repository:tag`, or `…@digest` where nobody knows the tag."""

    image: str
    lock_path: str
    uses: tuple[Use, ...]
    entries: tuple[Entry, ...]
    waiting: tuple[Candidacy, ...]
    access: RegistryAccess


def render_rule(rule: RuleExplanation) -> str:
    """Return what a rule demands, on a line."""
    return f"{rule.id} ({rule.severity.word}): {rule.summary}\n"


def render_images(images: Iterable[ImageExplanation], *, paint: Paint = plain) -> str:
    """Return a paragraph an image."""
    return "\n".join(join_lines(_image_lines(one, paint)) for one in images)


def _image_lines(image: ImageExplanation, paint: Paint) -> Iterator[str]:
    yield paint(escape(image.image), "green")
    sections = {
        "used": [_use(one) for one in image.uses] or ["in no file"],
        "locked": [_entry(one, image) for one in image.entries] or [f"not in {escape(image.lock_path)}"],
        "waiting": [_candidacy(one, image) for one in image.waiting],
        "held by": list(_holders(image)),
        "asked": render_way(image.access, paint=paint),
    }
    for label, lines in sections.items():
        for name, line in zip(chain((label,), repeat("")), lines, strict=False):
            yield f"  {name:{_LABEL}}{line}"


def _use(use: Use) -> str:
    form = "" if use.form is Form.TAG_AND_DIGEST else f" [{use.form.value}]"
    return f"{escape(use.path)}:{use.line}:{use.column}: {escape(use.written)}{form}"


def _entry(entry: Entry, image: ImageExplanation) -> str:
    pin = entry.pin
    facts = [pin.media_type or "media type not known"]
    facts += [", ".join(map(str, pin.platforms))] if pin.platforms else []
    own = f" for {pin.platform}" if pin.platform else ""
    return escape(f"{image.lock_path}:{entry.line}: {pin.digest}{own} ({'; '.join(facts)})")


def _candidacy(one: Candidacy, image: ImageExplanation) -> str:
    until = "the next `pinner update` decides" if one.until is None else f"until {one.until:%Y-%m-%d %H:%M} UTC"
    own = "" if one.key == image.image else f" for {one.key.partition('#')[2]}"
    return escape(f"{one.digest}{own}, first seen on {one.seen}, {until}")


def _holders(image: ImageExplanation) -> Iterator[str]:
    """Yield what keeps an image as it is, and how that is changed."""
    if image.entries:
        yield "its entry: `pinner pin` writes it, `pinner update` accepts what the tag means now"
    if image.waiting:
        yield "its age: `pinner update --accept` takes what waits"
    if any(one.form is Form.LEAVE for one in image.uses):
        yield "the form of its files, `leave`: the lock alone pins it"
    if not image.entries and not image.waiting:
        yield "nothing: `pinner pin` looks it up" if "@" not in image.image else "its digest; nobody knows the tag"


def render_explanation_document(*, rule: RuleExplanation | None = None, images: Iterable[ImageExplanation] = ()) -> str:
    """Return what is known of one rule, or of images (`pinner/explanation/1`)."""
    about = None if rule is None else {"id": rule.id, "severity": rule.severity.word, "summary": rule.summary}
    return render_document("explanation", rule=about, images=list(map(_image, images)))


def _image(image: ImageExplanation) -> Document:
    return {
        "image": image.image,
        "uses": [
            {
                "path": one.path,
                "line": one.line,
                "column": one.column,
                "locator": one.locator,
                "written": one.written,
                "form": one.form.value,
            }
            for one in image.uses
        ],
        "entries": [
            {
                "key": one.pin.key,
                "path": image.lock_path,
                "line": one.line,
                "digest": str(one.pin.digest),
                "media_type": one.pin.media_type,
                "platforms": None if one.pin.platforms is None else list(map(str, one.pin.platforms)),
            }
            for one in image.entries
        ],
        "waiting": [
            {
                "key": one.key,
                "digest": str(one.digest),
                "seen": one.seen.isoformat(),
                "until": one.until.isoformat() if one.until else None,
            }
            for one in image.waiting
        ],
        "asked": describe_way(image.access),
    }
