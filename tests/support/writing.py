"""What verbs do with one text of one format: pin it, move its digests, unpin it; each edit is proven."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from pinner.errors import FormError, UnknownTagError
from pinner.formats.base import Change, Format, Found, Occurrence, change_to, edits_for
from pinner.forms import Form
from pinner.oci.digest import Digest
from pinner.oci.reference import Reference
from pinner.text import Source, apply_edits

DIGEST: Final = Digest("sha256", "a" * 64)
OTHER_DIGEST: Final = Digest("sha256", "c" * 64)
# As part of a reference, in a field of its own, or put into an empty one; `sha:` has no prefix.
_DIGEST: Final = re.compile(rb"[ \t]?@?(?:sha256:)?(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
# What pinning writes; `leave` writes nothing.
WRITTEN_FORMS: Final = (Form.TAG_AND_DIGEST, Form.DIGEST, Form.DIGEST_KEY)


def changes(one: Format, source: Source, wish: Callable[[Reference], Reference], form: Form) -> tuple[Change, ...]:
    """Return what gives every reference its wish; a place that cannot be written in the form stays as it is."""
    return tuple(_changes(one.find(source), wish, form))


def _changes(found: Iterable[Found], wish: Callable[[Reference], Reference], form: Form) -> Iterator[Change]:
    for one in found:
        if isinstance(one, Occurrence):
            try:
                change = change_to(one, wish(one.reference), form)
            except (FormError, UnknownTagError):
                continue
            if change.rewrites:
                yield change


def pin(one: Format, source: Source, form: Form = Form.TAG_AND_DIGEST) -> Source:
    """Give every reference a digest that has none, write all in one form, and prove it."""
    return _write(one, source, with_digest, form)


def update(one: Format, source: Source, form: Form) -> Source:
    """Give every reference that has a digest another one, and prove it."""
    return _write(one, source, lambda held: held.pinned_to(OTHER_DIGEST) if held.digest else held, form)


def unpin(one: Format, source: Source) -> Source:
    """Take every digest away, and prove it."""
    return _write(one, source, Reference.unpinned, Form.TAG_AND_DIGEST)


def with_digest(reference: Reference) -> Reference:
    """Return a reference that has a digest."""
    return reference if reference.digest is not None else reference.pinned_to(DIGEST)


def without_digests(content: bytes) -> bytes:
    """Return the bytes of a file without what pinning may have added to them."""
    return _DIGEST.sub(b"", content)


def refused(one: Format, source: Source, form: Form) -> list[str]:
    """Return the locators of the places that cannot be pinned in a form."""
    places: list[str] = []
    for found in one.find(source):
        if isinstance(found, Occurrence):
            try:
                change_to(found, with_digest(found.reference), form)
            except FormError:
                places.append(found.locator)
    return places


def _write(one: Format, source: Source, wish: Callable[[Reference], Reference], form: Form) -> Source:
    wanted = changes(one, source, wish, form)
    after = source.with_text(apply_edits(source.text, edits_for(wanted)))
    one.prove(source, after, wanted)
    return after
