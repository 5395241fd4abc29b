"""`update`: look recorded tags up again and accept what moved, in the files and in the lock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from pinner.aims import aim_to_update, recorded_keys, written_digests
from pinner.cache.answers import AnswerCache
from pinner.commands.deciding import HELD, Outcome, decide_all
from pinner.commands.network import OpenResolver
from pinner.commands.project import Project
from pinner.commands.renewal import Renewal, Renewing
from pinner.commands.scanning import TreeScan
from pinner.commands.screening import Screen
from pinner.cooldown import Cooldown
from pinner.frozen import dataclass
from pinner.lock.model import Lock, Pin
from pinner.oci.reference import Reference
from pinner.plan import Aim
from pinner.policy.selection import is_selected


def update_tree(  # noqa: PLR0913 - one parameter a flag of the command line, and the seams of tests
    project: Project,
    paths: Sequence[Path],
    *,
    open_resolver: OpenResolver,
    globs: Sequence[str] = (),
    cooldown: Cooldown | None = None,
    writes: bool = True,
    cache: AnswerCache | None = None,
) -> Outcome:
    """Update the tags that are recorded in the files at `paths`; for the whole tree, those of the lock too.

    `globs` select images by their canonical or familiar name, with or without the tag. The cache may confirm what the
    lock says and nothing else: a digest that moves is always the registry's word. With a `cooldown` a new digest waits
    in the lock until it is old enough.
    """
    with project.workspace.locked(on_wait=project.warn) if writes else nullcontext():
        lock_file = project.read_lock()
        looking = _LookingUp(project, paths, lock_file.lock, open_resolver, globs, cooldown, cache)
        scan = TreeScan(project, paths, held=HELD)
        outcome = decide_all(scan, lock_file, looking.guess(), ask=tuple, settle=looking.settle)
        return replace(outcome, written=project.write(outcome.plan, lock_file)) if writes else outcome


@dataclass(frozen=True, slots=True)
class _LookingUp:
    """What is looked up in one run, and what comes of it."""

    project: Project
    paths: Sequence[Path]
    lock: Lock
    open_resolver: OpenResolver
    globs: Sequence[str]
    cooldown: Cooldown | None
    cache: AnswerCache | None

    def guess(self) -> Aim:
        """Return the aim where all that is looked up means what the lock says."""
        return aim_to_update(self.lock, self._known(), {})

    def settle(self, references: Collection[Reference]) -> tuple[Aim, AbstractSet[str]]:
        """Return the aim now, and the repositories of which more is known than the lock says."""
        keys = recorded_keys(references, self.lock)
        if self.project.is_whole(self.paths):
            keys = {**self._locked(), **keys}
        accepts = self.cooldown.accepts if self.cooldown else ()
        _warn_of_misses(self.project, keys.values(), {"--image": self.globs, "--accept": accepts})
        wanted = dict(sorted(self._selected(keys).items()))
        renewing = Renewing(
            lock=self.lock,
            cache=self.cache,
            cooldown=self.cooldown,
            accepted=frozenset(key for key, reference in wanted.items() if _is_any_selected(reference, accepts)),
            written=written_digests(references, self.lock) if self.cooldown else {},
            warn=self.project.warn,
        )
        screen = Screen(
            self.open_resolver,
            lock=self.lock,
            config=self.project.config,
            warn=self.project.warn,
            is_accepted=lambda reference: _is_any_selected(reference, accepts),
        )
        renewal = renewing.renew(wanted, screen.open_resolver)
        known = self._known()
        same = {key for key, pin in renewal.pins.items() if pin == known.get(key)}
        aim = aim_to_update(self.lock, renewal.pins, renewal.unresolved)
        return _with_news(aim, renewal, screen), {one.name for key, one in wanted.items() if key not in same}

    def _known(self) -> Mapping[str, Pin]:
        return {key: self.lock.pins[key] for key in self._selected(self._locked())}

    def _locked(self) -> Mapping[str, Reference]:
        return {key: Reference.parse(pin.tagged) for key, pin in self.lock.pins.items()}

    def _selected(self, keys: Mapping[str, Reference]) -> Mapping[str, Reference]:
        return {key: one for key, one in keys.items() if not self.globs or _is_any_selected(one, self.globs)}


def _warn_of_misses(project: Project, references: Iterable[Reference], globs: Mapping[str, Sequence[str]]) -> None:
    known = tuple(references)
    for flag, glob in ((flag, glob) for flag, group in globs.items() for glob in group):
        if not any(is_selected(reference, glob) for reference in known):
            project.warn(f"{flag} {glob!r} matches no image that is pinned or locked")


def _with_news(aim: Aim, renewal: Renewal, screen: Screen) -> Aim:
    """Return an aim that also says what is not accepted: what waits, and what changes nothing here."""
    return replace(
        aim,
        lock=aim.lock.with_pending(renewal.pending),
        waiting=renewal.waiting,
        dropped=renewal.dropped,
        unchanged=tuple(screen.unchanged),
    )


def _is_any_selected(reference: Reference, globs: Sequence[str]) -> bool:
    return any(is_selected(reference, glob) for glob in globs)
