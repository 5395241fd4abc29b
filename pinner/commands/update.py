"""`update`: look recorded tags up again and accept what moved, in the files and in the lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from pinner.cache.answers import AnswerCache
from pinner.commands.network import OpenResolver
from pinner.commands.pin import Outcome, mistakes_after
from pinner.commands.project import Project
from pinner.commands.renewal import Renewal, Renewing
from pinner.commands.scanning import scan_tree
from pinner.commands.screening import Screen
from pinner.cooldown import Cooldown
from pinner.oci.reference import Reference
from pinner.plan import Plan, plan_update, recorded_keys, written_digests


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
        lock = lock_file.lock
        files = scan_tree(project, paths)
        keys = dict(recorded_keys(files, lock))
        if project.is_whole(paths):
            keys.update((key, Reference.parse(pin.tagged)) for key, pin in lock.pins.items() if key not in keys)
        accepts = cooldown.accepts if cooldown else ()
        _warn_of_misses(project, keys.values(), {"--image": globs, "--accept": accepts})
        wanted = {
            key: reference for key, reference in sorted(keys.items()) if not globs or _is_selected(reference, globs)
        }
        renewing = Renewing(
            lock=lock,
            cache=cache,
            cooldown=cooldown,
            accepted=frozenset(key for key, reference in wanted.items() if _is_selected(reference, accepts)),
            written=written_digests(files, lock) if cooldown else {},
            warn=project.warn,
        )
        screen = Screen(
            open_resolver,
            lock=lock,
            config=project.config,
            warn=project.warn,
            is_accepted=lambda reference: _is_selected(reference, accepts),
        )
        renewal = renewing.renew(wanted, screen.open_resolver)
        plan = _with_news(plan_update(files, lock, renewal.pins, renewal.unresolved), renewal, screen)
        written = project.write(plan, lock_file) if writes else ()
        mistakes = mistakes_after(files, plan, lock_file)
        return Outcome(files=files, lock_file=lock_file, plan=plan, mistakes=mistakes, written=written)


def _warn_of_misses(project: Project, references: Iterable[Reference], globs: Mapping[str, Sequence[str]]) -> None:
    known = tuple(references)
    for flag, glob in ((flag, glob) for flag, group in globs.items() for glob in group):
        if not any(_is_selected(reference, (glob,)) for reference in known):
            project.warn(f"{flag} {glob!r} matches no image that is pinned or locked")


def _with_news(plan: Plan, renewal: Renewal, screen: Screen) -> Plan:
    """Return a plan that also says what is not accepted: what waits, and what changes nothing here."""
    return replace(
        plan,
        lock=plan.lock.with_pending(renewal.pending),
        waiting=renewal.waiting,
        dropped=renewal.dropped,
        unchanged=tuple(screen.unchanged),
    )


def _is_selected(reference: Reference, globs: Sequence[str]) -> bool:
    names = (reference.tagged, reference.name, reference.familiar, reference.familiar.rpartition(":")[0])
    return any(fnmatchcase(name, glob) for glob in globs for name in names)
