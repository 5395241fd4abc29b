"""The tool that follows variables of HCL to the literals that they stand for in the same file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Final

from pinner.formats.base import Unreadable
from pinner.frozen import dataclass
from pinner.syntax.hcl_leaves import Leaf, expressions
from pinner.syntax.hcl_nodes import Expression, File, Text, Variable
from pinner.syntax.yaml_nodes import Path

# Returns where a variable is defined, by its names; None where it cannot be followed.
Define = Callable[[Sequence[str]], Path | None]
# What differs only behind this many names counts as the same variable: names are counted in linear time.
_LONGEST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HclUse:
    """A variable that is the whole value, or all of it behind a prefix.

    It is `plain` where nothing in this place speaks against a digest in what it stands for.
    """

    names: tuple[str, ...]
    has_prefix: bool = False
    is_plain: bool = True
    is_digest_alone: bool = False

    @property
    def name(self) -> str:
        """The variable as people write it."""
        return ".".join(self.names)


def find_use(expression: Expression, prefixes: Sequence[str] = ()) -> HclUse | None:
    """Return the variable that a value is, also as `"${var.image}"`."""
    match expression:
        case Variable(names=names):
            return HclUse(names=names)
        case Text(inside=(Variable(names=names),), value=value, is_heredoc=False):
            prefix = next((one for one in prefixes if value.startswith(one)), "")
            sequence = value.removeprefix(prefix)
            is_whole = sequence.startswith("${") and sequence.endswith("}") and sequence.count("{") == 1
            if is_whole and sequence[2:-1].strip("~ \t") == ".".join(names):
                return HclUse(names=names, has_prefix=bool(prefix))
    return None


def variable_or_local(names: Sequence[str]) -> Path | None:
    """Return where `var.x` and `local.x` are defined, as Terraform and Nomad say."""
    match names:
        case ("var", name, *inside):
            return ("variable", name, "default", *inside)
        case ("local", name, *inside):
            return ("locals", name, *inside)
    return None


@dataclass(frozen=True)
class Variables:
    """All variables of one file, where they are defined, and which of their uses are images."""

    file: File
    leaves: Sequence[Leaf]
    define: Define
    uses: Sequence[HclUse]

    def definition(self, use: HclUse) -> tuple[Leaf, Text] | None:
        """Return the one literal that a variable stands for."""
        path = self.define(use.names)
        defined = self._defined.get(path, ()) if path is not None else ()
        text = defined[0].expression if len(defined) == 1 else None
        return (defined[0], text) if isinstance(text, Text) and text.is_literal else None

    def doubt(self, use: HclUse) -> Unreadable | None:
        """Say why what a variable stands for must not be edited: something else is made of it, too."""
        spellings = self._spellings[use.names]
        if not all(one.is_plain for one in spellings):
            return Unreadable("variable", f"{use.name} is also used where no digest may stand")
        if self._count(use.names[:_LONGEST]) > spellings.total():
            return Unreadable("variable", f"{use.name} is also used for something else than whole images in this file")
        if len(spellings) > 1:
            return Unreadable("variable", f"{use.name} is used where different spellings of an image are read")
        return None

    @cached_property
    def _defined(self) -> Mapping[Path, Sequence[Leaf]]:
        defined: dict[Path, list[Leaf]] = defaultdict(list)
        for leaf in self.leaves:
            defined[leaf.path].append(leaf)
        return defined

    @cached_property
    def _spellings(self) -> Mapping[tuple[str, ...], Counter[HclUse]]:
        """The uses of each variable as images: in how many ways it is read, and how often in each."""
        spellings: dict[tuple[str, ...], Counter[HclUse]] = defaultdict(Counter)
        for one in self.uses:
            spellings[one.names][one] += 1
        return spellings

    def _count(self, names: tuple[str, ...]) -> int:
        """Return how often a variable is read: as a whole, in part, or as a part of another one."""
        wholes = sum(self._names[names[:length]] for length in range(1, len(names)))
        return wholes + self._beginnings[names]

    @cached_property
    def _names(self) -> Counter[tuple[str, ...]]:
        return Counter(one.names[:_LONGEST] for one in expressions(self.file) if isinstance(one, Variable))

    @cached_property
    def _beginnings(self) -> Counter[tuple[str, ...]]:
        beginnings: Counter[tuple[str, ...]] = Counter()
        for names, count in self._names.items():
            for length in range(1, len(names) + 1):
                beginnings[names[:length]] += count
        return beginnings
