"""The tool for `ARG`: the base of a stage that is a variable, read where its default stands.

A digest goes into the default of a global argument only where every use of it stays right: it is the whole reference,
or exactly the tag of one repository, and nothing else reads it. In all other cases nobody is guessed for (E02, E03).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import takewhile
from typing import Final

from pinner.formats.base import Unreadable, read_reference
from pinner.formats.build_names import bare_name
from pinner.formats.dockerfile_places import SCRATCH, ImagePlace, is_no_image, stage_names
from pinner.frozen import dataclass
from pinner.oci.reference import Reference
from pinner.patterns import compile_later
from pinner.syntax.dockerfile_lexer import Dockerfile, Instruction
from pinner.syntax.dockerfile_words import Letters, split_pairs, split_shell_words
from pinner.text import Source

_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_VARIABLE: Final = compile_later(r"\$(?:\{(?P<braced>\w+)[^}]*\}|(?P<bare>\w+))")
_MENTION: Final = compile_later(rf"\$\{{?({_NAME})", re.ASCII)
# `${BASE}` alone, or behind `alpine:`, without quotes and without a default of its own.
_USE: Final = compile_later(rf"(?P<prefix>(?:[^$\\'\"]+:)?)\$(?:\{{(?P<braced>{_NAME})\}}|(?P<bare>{_NAME}))", re.ASCII)
_MARKS: Final = compile_later(r"['\"\\`]")
_DIGEST_BEHIND: Final = compile_later(r"[^/]*\$[^/]*@[a-z0-9]+:[0-9a-fA-F]{32,}")
# BuildKit sets these without an ARG (Dockerfile reference, "Automatic platform ARGs in the global scope").
_BUILDER_VARIABLES: Final = compile_later(r"(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)|TARGETSTAGE")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Argument:
    """A global argument: where its name stands, and the letters behind the `=`, if any.

    `start` is where its instruction begins, and `is_alone` whether it is the only one there.
    """

    name: str
    at: int
    default: Letters | None
    start: int
    is_alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """An instruction that reads an argument; `prefix` is what a base has in front of it, None in any other place."""

    start: int
    prefix: str | None


@dataclass(frozen=True)
class Arguments:
    """The arguments of one file, and who reads them."""

    source: Source
    dockerfile: Dockerfile

    def expand(self, place: ImagePlace) -> ImagePlace:
        """Return the place where the base of a stage can be written, or why it cannot; others as they are."""
        reading = read_reference(place.value.text) if place.is_base and place.problem is None else None
        if not isinstance(reading, Unreadable) or reading.reason != "variable":
            return place
        use = _find_use(place.value)
        argument = self._declared.get(use["braced"] or use["bare"]) if use else None
        if use is None or argument is None or argument.default is None:
            return replace(place, problem=self._explain(place.value.text, reading))
        if not isinstance(read_reference(use["prefix"] + argument.default.text), Reference):
            return replace(place, problem=self._explain(place.value.text, reading))
        doubt = self._doubts[argument.name]
        if doubt:
            return replace(place, problem=self._explain(place.value.text, reading, doubt))
        taken = bare_name(argument.default.text)
        return replace(
            place,
            value=argument.default,
            start=argument.start,
            name=use["prefix"],
            taken=taken if not use["prefix"] and is_no_image(taken, self._stage_names) else "",
        )

    @cached_property
    def _declared(self) -> Mapping[str, _Argument]:
        """The arguments by name, each as it is declared last; a declaration without default changes nothing."""
        declared: dict[str, _Argument] = {}
        for instruction in takewhile(lambda one: one.name != "from", self.dockerfile.instructions):
            pairs = self._pairs(instruction)
            for pair in pairs:
                name, has_default, _ = pair.text.partition("=")
                if has_default or name not in declared:
                    declared[name] = _Argument(
                        name=name,
                        at=pair.offsets[0],
                        default=_unquote(pair.part(len(name) + 1), self.dockerfile.escape) if has_default else None,
                        start=instruction.keyword.offsets[0],
                        is_alone=len(pairs) == 1,
                    )
        return declared

    @cached_property
    def _doubts(self) -> Mapping[str, str]:
        """Why the default of an argument must not be edited, by its name; nothing where every use stays right."""
        every = (one.trigger or one for one in self.dockerfile.instructions)
        pairs = (pair for one in every for pair in self._pairs(one))
        # Only stages take quotes and escapes from a name.
        declarations = Counter(_MARKS.sub("", pair.text.partition("=")[0]).lower() for pair in pairs)
        return {name: self._doubt(one, declarations[name.lower()]) for name, one in self._declared.items()}

    def _doubt(self, argument: _Argument, declarations: int) -> str:
        default = argument.default
        if default is None:
            return "it has no default"
        if _BUILDER_VARIABLES.fullmatch(argument.name):
            return "the builder sets it"
        if not argument.is_alone:
            return "other arguments stand on its line"
        if declarations > 1:
            return "it is declared more than once"
        if default.text == SCRATCH:
            return "that is no image"
        if is_no_image(default.text, self._stage_names):
            return "a stage has this name"
        if not _is_whole(default):
            return "quotes, escapes or lines split it"
        return self._doubt_uses(self._uses.get(argument.name.lower(), ()), default.text)

    def _doubt_uses(self, uses: Sequence[_Use], default: str) -> str:
        named: set[str] = set()
        for use in uses:
            if use.prefix is None:
                return f"line {self._line(use.start)} uses it in another way"
            reading = read_reference(use.prefix + default)
            named.add(reading.name if isinstance(reading, Reference) else use.prefix)
            if len(named) > 1:
                return f"line {self._line(use.start)} makes another image of it"
        return ""

    @cached_property
    def _stage_names(self) -> frozenset[str]:
        return stage_names(self.dockerfile)

    @cached_property
    def _uses(self) -> Mapping[str, Sequence[_Use]]:
        """Every use of a variable, by its name in lowercase: Windows builders do not tell capitals apart."""
        uses: dict[str, list[_Use]] = defaultdict(list)
        for instruction in self.dockerfile.instructions:
            start = instruction.keyword.offsets[0]
            names = Counter(name.lower() for text in self._texts(instruction) for name in _MENTION.findall(text))
            base = _find_use(instruction.words[0]) if instruction.name == "from" and instruction.words else None
            if base is not None:
                name = (base["braced"] or base["bare"]).lower()
                names[name] -= 1
                uses[name].append(_Use(start=start, prefix=base["prefix"]))
            for name in +names:
                uses[name].append(_Use(start=start, prefix=None))
        return uses

    def _texts(self, instruction: Instruction) -> Iterator[str]:
        """Yield all that may hold a variable: flags, arguments and here-documents."""
        yield from (flag.text for flag in instruction.flags)
        yield instruction.arguments.text
        yield from (self.source.text[one.body.start : one.body.end] for one in instruction.heredocs)

    def _pairs(self, instruction: Instruction) -> Sequence[Letters]:
        return split_pairs(instruction.arguments, self.dockerfile.escape) if instruction.name == "arg" else ()

    def _explain(self, text: str, reading: Unreadable, doubt: str = "") -> Unreadable:
        """Name the variables and their defaults."""
        names = dict.fromkeys(match["braced"] or match["bare"] for match in _VARIABLE.finditer(text))
        detail = "; ".join(self._describe(name) for name in names) or reading.detail
        if _DIGEST_BEHIND.search(_VARIABLE.sub("$", text)):
            return Unreadable("digest-after-variable", f"the digest decides, whatever the variable says: {detail}")
        return Unreadable("variable", f"{detail}, but {doubt}" if doubt else detail)

    def _describe(self, name: str) -> str:
        argument = self._declared.get(name)
        if argument is None:
            is_builders = _BUILDER_VARIABLES.fullmatch(name)
            return f"{name} is set by the builder" if is_builders else f"no ARG {name} stands before the first FROM"
        ending = "has no default" if argument.default is None else f"has the default {argument.default.text!r}"
        return f"ARG {name} on line {self._line(argument.at)} {ending}"

    def _line(self, offset: int) -> int:
        return self.source.position(offset).line


def _find_use(value: Letters) -> re.Match[str] | None:
    """Return which variable is the whole reference or exactly its tag; None where letters are left out between."""
    return _USE.fullmatch(value.text) if _is_whole(value) else None


def _unquote(letters: Letters, escape: str) -> Letters:
    """Return the letters without quotes and escapes, or as they are where those are wrong."""
    words = split_shell_words(letters, escape)
    return words[0] if words and len(words) == 1 else letters


def _is_whole(letters: Letters) -> bool:
    """Return whether the letters stand one behind the other, without quotes, escapes or line ends between them."""
    span = letters.span
    return span is not None and span.end - span.start == len(letters.text)
