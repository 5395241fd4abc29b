"""What must hold for any text, whatever it says: of a format, and of a lexer."""

from __future__ import annotations

import re
from typing import Final

from pinner.formats.base import Format, Found, Occurrence, Skipped
from pinner.forms import Form
from pinner.syntax.dockerfile_lexer import Instruction, Malformed, lex
from pinner.syntax.dockerfile_words import Letters
from pinner.text import Source
from tests.support import writing

_REMEMBERED: Final = "pinner: tag="
_REMARK: Final = "misplaced-mark"
_REASON: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def hold_format(one: Format, source: Source, form: Form) -> None:
    """Find, pin, pin again, move and unpin; nothing may be raised, and each step changes only what it is for.

    A file that the format would not take is left alone. Forms and tags that cannot be written are no failures; an edit
    that its own proof refuses is one.
    """
    if not takes(one, source):
        return
    found = one.find(source)
    _hold_places(source, found)
    pinned = writing.pin(one, source, form)
    assert not writing.changes(one, pinned, writing.with_digest, form), "the second run changes something"
    # What pinner's own comments remember is not kept for its own sake. Some places take a tag or a digest, never both.
    is_remembered = _REMEMBERED in source.text
    if form is Form.TAG_AND_DIGEST and not is_remembered and _REMEMBERED not in pinned.text:
        assert _without_digests(pinned) == _without_digests(source), "more than digests was written"
    assert essence(one.find(pinned)) == essence(found), "pinning changes what is found"
    unpinned = writing.unpin(one, pinned)
    assert unpinned == writing.unpin(one, source), "unpinning does not give back what was there"
    if not is_remembered and not any(isinstance(place, Occurrence) and place.reference.digest for place in found):
        assert unpinned == source, "unpinning does not give back the first text"
    # A digest without tag in a key of its own is all that names the image, and stays.
    updated = writing.unpin(one, writing.update(one, pinned, form))
    assert _without_digests(updated) == _without_digests(unpinned), "an update changes more than digests"


def _without_digests(source: Source) -> bytes:
    return writing.without_digests(source.text.encode())


def takes(one: Format, source: Source) -> bool:
    """Return whether a format would look into a file that has its name and one of its needles."""
    return one.is_ours is None or one.is_ours(source)


def essence(found: tuple[Found, ...]) -> list[tuple[str, str]]:
    """Return what is named where, without digests.

    A remark on a mark is left out: where the mark's words stand in a key or a value, an edit there ends it.
    """
    return [
        (one.locator, one.reason if isinstance(one, Skipped) else f"{one.reference.name}:{one.reference.tag}")
        for one in found
        if isinstance(one, Occurrence) or one.reason != _REMARK
    ]


def _hold_places(source: Source, found: tuple[Found, ...]) -> None:
    for one in found:
        assert 0 <= one.span.start <= one.span.end <= len(source.text), "a place lies outside of the text"
        if isinstance(one, Skipped):
            assert _REASON.fullmatch(one.reason), "a reason is no stable word"


def hold_dockerfile_lexer(text: str) -> None:
    """Lex a text: every letter that is given stands in the source, and instructions keep their order."""
    dockerfile = lex(text)
    if isinstance(dockerfile, Malformed):
        return
    starts: list[int] = []
    for instruction in dockerfile.instructions:
        _hold_instruction(text, instruction)
        starts.append(instruction.keyword.offsets[0])
    assert starts == sorted(set(starts)), "instructions are out of order"
    for directive in dockerfile.directives:
        _hold_letters(text, directive.value)


def _hold_instruction(text: str, instruction: Instruction) -> None:
    for letters in (instruction.keyword, *instruction.flags, instruction.arguments, *instruction.words):
        _hold_letters(text, letters)
    for heredoc in instruction.heredocs:
        assert 0 <= heredoc.body.start <= heredoc.body.end <= len(text), "a heredoc lies outside of the text"
    if instruction.trigger is not None:
        _hold_instruction(text, instruction.trigger)


def _hold_letters(text: str, letters: Letters) -> None:
    offsets = list(letters.offsets)
    assert "".join(text[offset] for offset in offsets) == letters.text, "letters stand where they do not"
    assert offsets == sorted(set(offsets)), "letters are out of order"
