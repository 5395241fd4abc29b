"""The tool for images in parts: from registry, repository, tag and digest as scalars of their own to an occurrence.

A digest is written once: where the format has an empty key for it there, else behind the tag. Keys are never added.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

from pinner.errors import InputError, UnknownTagError
from pinner.formats.base import NO_ALIASES, Found, Occurrence, Skipped, Unreadable, read_reference
from pinner.formats.notes import set_part
from pinner.formats.places import Parts, Place, is_null, text_of
from pinner.formats.slots import WholeReference, refuse_form, replace_text
from pinner.formats.yaml_reading import FOLDED, locator, refuse_node, skip_place
from pinner.forms import Form
from pinner.frozen import dataclass
from pinner.oci.digest import Digest
from pinner.oci.reference import Reference
from pinner.patterns import compile_later
from pinner.syntax.rewrites import Rewrite, ValueRewrite
from pinner.syntax.yaml_scalars import is_missing, is_plain_string, missing_value_offsets, value_offsets
from pinner.text import Edit, Source, Span

_HEX: Final = compile_later(r"[0-9a-f]{64}", re.ASCII)
# Why a digest is no digest but what a program will put there.
_MADE: Final = frozenset({"template-value", "variable", "placeholder"})
_TWO_DIGESTS: Final = Unreadable("ambiguous-digest", "tag and digest key have different digests; leave one of them out")
_FLOW_ENDS: Final = (",", "]", "}")
_MOVED_ALONE: Final = Unreadable(
    "image-policy",
    "Flux moves the tag and would leave the digest behind; give `digest` a marker that ends with `:digest`",
)
_NO_COLLECTION: Final = "each part of an image must be one string"
_NO_COMMENT: Final = "an image in parts keeps its tag in a field of its own"
_NO_FIELD: Final = "no empty digest key that takes it stands beside the tag"
_NO_TEXT: Final = Unreadable(
    "non-string", "YAML reads this tag as no string, and 1.10 becomes 1.1; put it in quotes to have it pinned"
)
_UNTAGGED: Final = "no tag is written: only the digest says which image it is, and it was left alone"


def read_parts(
    source: Source, parts: Parts, doubt: Unreadable | None = None, aliases: Mapping[str, str] = NO_ALIASES
) -> Found:
    """Read an image in parts; `doubt` is why its scalars must not be edited."""
    reading = _refuse(source, parts) or _read(parts, aliases)
    offsets = value_offsets(source.text, parts.holder)
    field = _find_field(source, parts)
    if field is not None and _moves_alone(source, parts):
        reading = _MOVED_ALONE if field.text and not isinstance(reading, Unreadable) else reading
        field = None
    if parts.tag_alone and field is None and not isinstance(reading, Unreadable) and reading.digest is None:
        reading = parts.tag_alone
    if not isinstance(reading, Unreadable):
        is_lost = offsets is None or (field is None and text_of(parts.digest))
        reading = doubt or (FOLDED if is_lost else reading)
    if isinstance(reading, Unreadable) or offsets is None:
        verdict = reading if isinstance(reading, Unreadable) else FOLDED
        return skip_parts(source, parts, verdict)
    before = len(parts.scheme) if text_of(parts.holder).startswith(parts.scheme) else 0
    held, offsets = text_of(parts.holder)[before:], offsets[before:]
    return Occurrence(
        path=source.path,
        span=Span(offsets[0], offsets[-1]),
        reference=reading,
        locator=_locator(parts),
        slot=PartsSlot(
            holder=WholeReference(held, offsets, base=before, elsewhere=parts.text.removesuffix(held)),
            field=field,
            is_untagged=reading.tag is None,
        ),
    )


def skip_parts(source: Source, parts: Parts, verdict: Unreadable) -> Skipped:
    """Return an image in parts that is left alone."""
    place = skip_place(source, Place(parts.holder), verdict)
    written = parts.text + (f"@{text_of(parts.digest)}" if text_of(parts.digest) else "")
    return replace(place, locator=_locator(parts), written=written[:200])


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestField:
    """The field that holds the digest alone, or would; `text` is what stands there now."""

    text: str
    offsets: Sequence[int]
    style: Literal["prefixed", "hex"]
    # A plain value needs a blank in front of it, which goes with it.
    is_plain: bool
    has_blank: bool = False

    def rewrites(self, digest: Digest | None) -> tuple[Rewrite, ...]:
        """Return what makes the field hold this digest, or nothing."""
        wanted = "" if digest is None else digest.encoded if self.style == "hex" else str(digest)
        if not self.is_plain or bool(wanted) == bool(self.text):
            return replace_text(self.text, wanted, self.offsets)
        if wanted:
            edit = Edit(Span(self.offsets[0], self.offsets[0]), f" {wanted}")
        else:
            edit = Edit(Span(self.offsets[0] - self.has_blank, self.offsets[-1]), "")
        return (ValueRewrite(edit=edit, at=0, old=self.text, new=wanted),)

    def refuse(self, digest: Digest) -> str | None:
        """Say why the field cannot hold a digest, or None."""
        if self.style != "hex":
            return None
        if digest.algorithm != "sha256":
            return f"the field holds sha256 alone, not {digest.algorithm}"
        if self.is_plain and not is_plain_string(digest.encoded):
            return "without quotes, YAML would read these digits as a number"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsSlot:
    """An image in parts: `holder` is the scalar with the tag, `field` the one for the digest."""

    holder: WholeReference
    field: DigestField | None
    is_untagged: bool

    def rewrites(self, reference: Reference, form: Form) -> tuple[Rewrite, ...]:
        """Return what puts the digest where it belongs, and takes it away elsewhere."""
        if reference.digest is None:
            if self.is_untagged:
                raise UnknownTagError(_UNTAGGED, hint="write the tag, then run `pinner unpin` again")
            return (*self._hold(reference), *(self.field.rewrites(None) if self.field else ()))
        if form is Form.DIGEST:
            raise refuse_form(form, _NO_COMMENT)
        if self.field is None or not self._is_for_field(form):
            if form is Form.DIGEST_KEY:
                raise refuse_form(form, _NO_FIELD)
            return self._hold(reference)
        problem = self.field.refuse(reference.digest)
        if problem is not None:
            raise refuse_form(form, problem)
        return (*self._hold(reference.unpinned()), *self.field.rewrites(reference.digest))

    def _is_for_field(self, form: Form) -> bool:
        """Return whether the digest goes into the field: what is pinned behind the tag stays there, unless told."""
        is_elsewhere = "@" in self.holder.text and not (self.field and self.field.text)
        return form is Form.DIGEST_KEY or not is_elsewhere

    def _hold(self, reference: Reference) -> tuple[Rewrite, ...]:
        return self.holder.rewrites(reference, Form.TAG_AND_DIGEST)


def _refuse(source: Source, parts: Parts) -> Unreadable | None:
    """Say why a part is no text, or None."""
    for node in (parts.registry, parts.repository, parts.tag, parts.digest):
        if node is None:
            continue
        problem = refuse_node(source, node, _NO_COLLECTION)
        is_missing = is_null(node) and (node.value == "" or node is not parts.tag) and node is not parts.repository
        if problem is not None and not is_missing:
            return _NO_TEXT if node is parts.tag and problem.reason == _NO_TEXT.reason else problem
    return None


def _read(parts: Parts, aliases: Mapping[str, str]) -> Reference | Unreadable:
    """Read the reference that the parts mean together."""
    if not text_of(parts.repository):
        return Unreadable("empty", "no image is named")
    digest = _read_digest(text_of(parts.digest))
    reference = read_reference(parts.text, aliases) if not isinstance(digest, Unreadable) else digest
    if isinstance(reference, Unreadable) or isinstance(digest, Unreadable):
        return reference
    if digest is None:
        is_unknown = reference.tag is None and reference.digest is None
        return parts.untagged if is_unknown else reference
    if reference.digest not in (None, digest):
        return _TWO_DIGESTS
    return reference.pinned_to(digest)


def _read_digest(text: str) -> Digest | Unreadable | None:
    """Read what stands under the key of the digest, with `sha256:` in front or not."""
    if not text:
        return None
    try:
        return Digest.parse(f"sha256:{text}" if _HEX.fullmatch(text) else text)
    except InputError as error:
        reading = read_reference(text)
        is_made = isinstance(reading, Unreadable) and reading.reason in _MADE
        return reading if is_made and isinstance(reading, Unreadable) else Unreadable("not-a-reference", error.message)


def _find_field(source: Source, parts: Parts) -> DigestField | None:
    """Return the field for the digest, or None where there is none that can be written and restored."""
    node, text = parts.digest, text_of(parts.digest)
    if node is None or node.style in ("|", ">") or (not text and node.value):
        return None
    is_plain = node.style == ""
    style = parts.digest_style if not text else "hex" if _HEX.fullmatch(text) else "prefixed"
    offsets = (missing_value_offsets if is_missing(node) else value_offsets)(source.text, node)
    if offsets is None:
        return None
    # In `{digest: x}` the blank stays: `{digest:}` is no mapping to every parser.
    is_closed = source.text[offsets[-1] : offsets[-1] + 1] in _FLOW_ENDS
    has_blank = is_plain and not is_closed and source.text[offsets[0] - 1 : offsets[0]] == " "
    return DigestField(text=text, offsets=offsets, style=style, is_plain=is_plain, has_blank=has_blank)


def _moves_alone(source: Source, parts: Parts) -> bool:
    """Return whether Flux sets the tag and not the digest, which would then belong to another tag (D08)."""
    if parts.tag is None or parts.digest is None or set_part(source.text, parts.tag.end) != "tag":
        return False
    return set_part(source.text, parts.digest.end) != "digest"


def _locator(parts: Parts) -> str:
    return locator(parts.repository.path[:-1] if parts.path is None else parts.path)
