"""`explain`: what a rule demands, or what is known of an image, without a look at any registry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from itertools import chain
from typing import Final

from pinner.commands.auth import failures_of
from pinner.commands.check import lines_of_lock
from pinner.commands.network import Network
from pinner.commands.project import Project
from pinner.commands.scanning import scan_each
from pinner.cooldown import Cooldown
from pinner.errors import InputError, PinnerError, UsageError
from pinner.formats.base import Occurrence, ScannedFile
from pinner.frozen import dataclass
from pinner.lock.model import Lock
from pinner.oci.reference import Reference
from pinner.policy.findings import Finding
from pinner.policy.online_rules import ONLINE_RULES
from pinner.policy.rules import RULES, find_unreadable
from pinner.policy.selection import is_selected, names_of
from pinner.policy.usage import tags_of
from pinner.registry.explanation import RegistryAccess, explain_access
from pinner.report.explanation import Candidacy, Entry, ImageExplanation, RuleExplanation, Use

_MOST_NAMES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The images that were meant, and what cannot be read, so that there may be more uses."""

    images: tuple[ImageExplanation, ...]
    unreadable: tuple[Finding, ...]

    @property
    def failures(self) -> tuple[PinnerError, ...]:
        """What would end the look-up of credentials."""
        return tuple(error for image in self.images for error in failures_of(image.access))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd about settings and credentials, each once."""
        return tuple(dict.fromkeys(warning for image in self.images for warning in image.access.warnings))


@dataclass(frozen=True, slots=True)
class _Sighting:
    """The uses of a file that are meant, by image, and every image in it."""

    uses: tuple[tuple[str, Use], ...]
    images: frozenset[str]
    unreadable: tuple[Finding, ...]


def explain_rule(name: str) -> RuleExplanation | None:
    """Return what is known of the rule with this id, of `check` or of `verify`; None where there is none."""
    online = ((name, *rule) for name, rule in ONLINE_RULES.items())
    offline = ((rule.id, rule.severity, rule.summary) for rule in RULES)
    found = next((one for one in chain(offline, online) if one[0] == name), None)
    return None if found is None else RuleExplanation(id=found[0], severity=found[1], summary=found[2])


def explain_image(
    project: Project, name: str, network: Network, *, now: dt.datetime, jobs: int | None = None
) -> Explained:
    """Return what files, lock and settings say of the images that `name` means: a name in any form, or a pattern.

    Registries are not asked; helpers for credentials are, as in a run. Raise `UsageError`, with what may have been
    meant, where no file and no entry has such an image.
    """
    lock_file = project.read_lock()
    lock = lock_file.lock
    lines = lines_of_lock(lock_file.text or "")
    uses: dict[str, list[Use]] = {}
    known = {key.partition("#")[0] for key in (*lock.pins, *lock.pending)}
    unreadable: list[Finding] = []
    is_meant = cache(partial(_is_meant, name))
    for one in scan_each(project, judge=lambda file: _look(file, lock, is_meant), jobs=jobs):
        known |= one.verdict.images
        unreadable += one.verdict.unreadable
        for image, use in one.verdict.uses:
            uses.setdefault(image, []).append(use)
    meant = sorted(filter(is_meant, known))
    if not meant:
        message = f"{name!r} is no rule, and no image that is used or locked"
        raise UsageError(message, hint=_suggest(name, known))
    ways = _find_ways(meant, network)
    cooldown = Cooldown(min_age=dt.timedelta(seconds=project.config.min_age), now=now)
    images = (
        ImageExplanation(
            image=image,
            lock_path=lock_file.path,
            uses=tuple(sorted(uses.get(image, ()))),
            entries=tuple(Entry(pin=pin, line=lines.get(pin.key, 1)) for pin in lock.pins_for(image)),
            waiting=tuple(_candidacies(image, lock, cooldown)),
            access=ways[_name_of(image)],
        )
        for image in meant
    )
    return Explained(images=tuple(images), unreadable=tuple(unreadable))


def _look(file: ScannedFile, lock: Lock, is_meant: Callable[[str], bool]) -> _Sighting:
    uses: list[tuple[str, Use]] = []
    images: set[str] = set()
    for occurrence in file.occurrences:
        for image in _images_of(occurrence.reference, lock):
            images.add(image)
            if is_meant(image):
                uses.append((image, _use_of(file, occurrence)))
    return _Sighting(tuple(uses), frozenset(images), find_unreadable(file))


def _images_of(reference: Reference, lock: Lock) -> Iterable[str]:
    """Return what an occurrence is a use of; a digest without a tag belongs to all tags that have it in the lock."""
    return tags_of(reference, lock) or (f"{reference.name}@{reference.digest}",)


def _use_of(file: ScannedFile, occurrence: Occurrence) -> Use:
    position = file.source.position(occurrence.span.start)
    return Use(
        path=occurrence.path,
        line=position.line,
        column=position.column,
        locator=occurrence.locator,
        written=occurrence.reference.written,
        form=file.form,
    )


def _is_meant(name: str, written: str) -> bool:
    """Return whether a name means an image: by a pattern of its names, or as a reference in any spelling."""
    image = Reference.parse(written)
    if is_selected(image, name):
        return True
    try:
        wanted = Reference.parse(name)
    except InputError:
        return False
    if wanted.tag is None:
        return wanted.name == image.name and wanted.digest in {None, image.digest}
    return wanted.tagged == image.tagged


def _name_of(image: str) -> tuple[str, str]:
    reference = Reference.parse(image)
    return reference.registry, reference.repository


def _find_ways(images: Iterable[str], network: Network) -> Mapping[tuple[str, str], RegistryAccess]:
    """Return how each repository would be reached; each is looked up once."""
    registries, chain_of_sources = network.read_settings(), network.find_credentials()
    return {
        name: explain_access(*name, registries=registries, chain=chain_of_sources)
        for name in dict.fromkeys(map(_name_of, images))
    }


def _candidacies(image: str, lock: Lock, cooldown: Cooldown) -> Iterator[Candidacy]:
    for key, candidates in lock.pending.items():
        if key.partition("#")[0] == image:
            for one in candidates:
                until = cooldown.ripens(one) if cooldown.min_age else None
                yield Candidacy(key=key, digest=one.digest, seen=one.seen, until=until)


def _suggest(name: str, known: Iterable[str]) -> str:
    """Return the hint for a name that means nothing: what it may have meant, in the words of people."""
    from difflib import get_close_matches  # noqa: PLC0415 - start-up: only a mistake comes here

    familiar = {one: image for image in sorted(known) for one in names_of(Reference.parse(image))}
    rules = [rule.id for rule in RULES] + list(ONLINE_RULES)
    close = get_close_matches(name, [*familiar, *rules], n=_MOST_NAMES, cutoff=0.6)
    if close:
        meant = dict.fromkeys(
            repr(Reference.parse(familiar[one]).familiar if one in familiar else one) for one in close
        )
        return f"did you mean {' or '.join(meant)}?"
    return "`pinner images` lists what is used; a pattern such as 'ghcr.io/acme/*' means several"
