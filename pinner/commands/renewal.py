"""What recorded tags mean now, and which of their digests are accepted: at once, or when they are old enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Final

from pinner.aims import pin_of
from pinner.cache.answers import AnswerCache
from pinner.commands.network import OpenResolver
from pinner.cooldown import Cooldown, Dropped, Waiting, gone, observe
from pinner.errors import NotFoundError
from pinner.frozen import dataclass
from pinner.lock.model import Candidate, Lock, Pin, candidates_after
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.resolution import Resolution, Resolved, Resolver, Unresolved

_NONE: Final[tuple[Candidate, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """The entries that tags have now, what could not be found out, and what waits for the keys that were asked."""

    pins: Mapping[str, Pin]
    unresolved: Mapping[str, Unresolved]
    pending: Mapping[str, tuple[Candidate, ...]]
    waiting: tuple[Waiting, ...]
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What a registry said of a tag, what waits for it then, and which digests may be accepted, the best one first."""

    found: Resolved
    candidates: tuple[Candidate, ...]
    ready: tuple[Digest, ...]


@dataclass(slots=True, kw_only=True)
class Renewing:
    """One look at many tags; `accepted` are the keys that no cooldown holds.

    `written` has the digest that all files have for a tag without an entry: what is in use already need not wait.
    """

    lock: Lock
    cache: AnswerCache | None = None
    cooldown: Cooldown | None = None
    accepted: frozenset[str] = frozenset()
    written: Mapping[str, Digest] = field(default_factory=dict)
    warn: Callable[[str], None] = lambda _: None
    _pins: dict[str, Pin] = field(default_factory=dict)
    _unresolved: dict[str, Unresolved] = field(default_factory=dict)
    _pending: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)
    _dropped: list[Dropped] = field(default_factory=list)

    def renew(self, wanted: Mapping[str, Reference], open_resolver: OpenResolver) -> Renewal:
        """Ask what each tag means now, and read the documents of the digests that are accepted."""
        for platform, group in _by_platform(wanted).items():
            confirmed = {} if self.cache is None else _confirm(group, self.lock, self.cache, platform)
            self._pins |= confirmed
            keys = {key: reference for key, reference in group.items() if key not in confirmed}
            if not keys:
                continue
            with open_resolver(platform) as resolver:
                self._accept(self._ask(keys, resolver, platform), resolver, platform)
        return Renewal(
            pins=self._pins,
            unresolved=self._unresolved,
            pending=self._pending,
            waiting=tuple(self._tell_waiting()),
            dropped=tuple(self._dropped),
        )

    def _ask(self, keys: Mapping[str, Reference], resolver: Resolver, platform: Platform | None) -> dict[str, _Answer]:
        """Ask for every digest the cheap way; that of one platform is known only once its documents were read."""
        references = tuple(keys.values())
        asked = resolver.look_up(references) if platform is None else resolver.describe(references)
        found = {key: _trusted(self.lock.get(key), one) for key, one in zip(keys, asked, strict=True)}
        if self.cache is not None and platform is None:
            self.cache.note_tags(found.values())
        elif self.cache is not None:
            self.cache.note_documents(found.values(), platform)
        self._unresolved |= {key: one for key, one in found.items() if isinstance(one, Unresolved)}
        return {key: self._weigh(key, one) for key, one in found.items() if isinstance(one, Resolved)}

    def _weigh(self, key: str, found: Resolved) -> _Answer:
        """Decide which digests of a tag may be accepted, and which wait."""
        before, current = self.lock.pending.get(key, _NONE), found.descriptor.digest
        if found.instead_of is not None:
            # A mirror that stands in confirms what is recorded, and does not know what was withdrawn (RES-28).
            return _Answer(found=found, candidates=before, ready=(current,))
        if self.cooldown is None:
            return _Answer(found=found, candidates=_NONE, ready=(current,))
        pin = self.lock.get(key)
        recorded = self.written.get(key) if pin is None else pin.digest
        after = observe(before, current, recorded, today=self.cooldown.today)
        self._dropped += gone(key, before, after, current=current, accepted=recorded)
        if current == recorded or key in self.accepted:
            return _Answer(found=found, candidates=after, ready=(current,))
        for one in filter(self.cooldown.is_ahead, after):
            self.warn(f"{key}: {one.digest} was first seen on {one.seen}, which is still to come: a clock is wrong")
        return _Answer(found=found, candidates=after, ready=self.cooldown.choose(after))

    def _accept(self, answers: Mapping[str, _Answer], resolver: Resolver, platform: Platform | None) -> None:
        """Make entries of the best digests, and of the next best where a registry has one no more."""
        while answers:
            self._pending |= {key: one.candidates for key, one in answers.items()}
            ready = {key: one for key, one in answers.items() if one.ready}
            known = {key: self._known(key, one, platform) for key, one in ready.items()}
            for key, pin in known.items():
                if pin is not None:
                    self._settle(pin, ready[key])
            unread = {key: one for key, one in ready.items() if known[key] is None}
            answers = self._read(unread, resolver, platform)

    def _known(self, key: str, answer: _Answer, platform: Platform | None) -> Pin | None:
        """Return the entry of the best digest where nothing has to be read for it."""
        if platform is not None and answer.ready[0] == answer.found.descriptor.digest:
            return pin_of(answer.found, platform)
        pin = self.lock.get(key)
        return pin if pin is not None and pin.digest == answer.ready[0] and _is_whole(pin) else None

    def _read(
        self, answers: Mapping[str, _Answer], resolver: Resolver, platform: Platform | None
    ) -> dict[str, _Answer]:
        """Read the documents of the best digests; return what is left to be read of those that are missing."""
        references = [one.found.reference.pinned_to(one.ready[0]) for one in answers.values()]
        read = dict(zip(answers, resolver.describe(references), strict=True)) if references else {}
        if self.cache is not None and platform is None:
            self.cache.note_documents(read.values())
        missing: dict[str, _Answer] = {}
        for key, one in read.items():
            if isinstance(one, Resolved):
                self._settle(pin_of(one, platform), answers[key])
            elif isinstance(one.error, NotFoundError) and answers[key].ready[0] != answers[key].found.descriptor.digest:
                missing[key] = self._without_best(key, answers[key])
            else:
                self._unresolved[key] = one
        return missing

    def _settle(self, pin: Pin, answer: _Answer) -> None:
        self._pins[pin.key] = pin
        self._pending[pin.key] = candidates_after(answer.candidates, pin.digest)

    def _without_best(self, key: str, answer: _Answer) -> _Answer:
        digest, *others = answer.ready
        self.warn(f"{key}: the registry has {digest} no more, which was old enough to be accepted")
        self._dropped.append(Dropped(key=key, digest=digest, reason="missing"))
        left = tuple(one for one in answer.candidates if one.digest != digest)
        return replace(answer, candidates=left, ready=tuple(others))

    def _tell_waiting(self) -> list[Waiting]:
        if self.cooldown is None:
            return []
        return [
            self.cooldown.wait_of(key, one)
            for key, candidates in sorted(self._pending.items())
            for one in candidates
            if key not in self._unresolved
        ]


def _by_platform(wanted: Mapping[str, Reference]) -> dict[Platform | None, dict[str, Reference]]:
    groups: dict[Platform | None, dict[str, Reference]] = {}
    for key, reference in wanted.items():
        written = key.partition("#")[2]
        groups.setdefault(Platform.parse(written) if written else None, {})[key] = reference
    return groups


def _confirm(
    keys: Mapping[str, Reference], lock: Lock, cache: AnswerCache, platform: Platform | None
) -> dict[str, Pin]:
    """Return the entries of the lock that a registry confirmed a moment ago; what waits is asked for anew."""
    pins = ((reference, lock.get(key)) for key, reference in keys.items() if key not in lock.pending)
    return {
        pin.key: pin
        for reference, pin in pins
        if pin is not None and _is_whole(pin) and cache.confirms(reference, pin.digest, platform)
    }


def _is_whole(pin: Pin) -> bool:
    """Return whether an entry says all that can be said of its digest; one that was imported may not."""
    return pin.media_type is not None and (pin.platforms is not None or pin.media_type not in media_types.INDEXES)


def _trusted(pin: Pin | None, resolution: Resolution) -> Resolution:
    """Return a resolution, or why there is none: a mirror that stands in may be behind, and moves nothing (RES-28)."""
    if isinstance(resolution, Unresolved) or resolution.instead_of is None:
        return resolution
    if pin is not None and pin.digest == resolution.descriptor.digest:
        return resolution
    return Unresolved(reference=resolution.reference, error=resolution.instead_of)
