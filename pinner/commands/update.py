"""`update`: look recorded tags up again and accept what moved, in the files and in the lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from fnmatch import fnmatchcase
from pathlib import Path

from pinner.cache.answers import AnswerCache
from pinner.commands.network import OpenResolver
from pinner.commands.pin import Outcome, mistakes_after
from pinner.commands.project import Project
from pinner.commands.scanning import scan_tree
from pinner.lock.model import Lock, Pin
from pinner.oci import media_types
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.plan import pin_of, plan_update, recorded_keys
from pinner.resolution import Resolution, Resolved, Resolver, Unresolved


def update_tree(
    project: Project,
    paths: Sequence[Path],
    *,
    open_resolver: OpenResolver,
    globs: Sequence[str] = (),
    writes: bool = True,
    cache: AnswerCache | None = None,
) -> Outcome:
    """Update the tags that are recorded in the files at `paths`; for the whole tree, those of the lock too.

    `globs` select images by their canonical or familiar name, with or without the tag. The cache may confirm what the
    lock says and nothing else: a digest that moves is always the registry's word.
    """
    with project.workspace.locked(on_wait=project.warn) if writes else nullcontext():
        lock_file = project.read_lock()
        lock = lock_file.lock
        files = scan_tree(project, paths)
        keys = dict(recorded_keys(files, lock))
        if project.is_whole(paths):
            keys.update((key, Reference.parse(pin.tagged)) for key, pin in lock.pins.items() if key not in keys)
        for glob in globs:
            if not any(_is_selected(reference, (glob,)) for reference in keys.values()):
                project.warn(f"--image {glob!r} matches no image that is pinned or locked")
        wanted = {key: reference for key, reference in sorted(keys.items()) if _is_selected(reference, globs)}
        pins, unresolved = _look_up(wanted, lock, open_resolver, cache)
        plan = plan_update(files, lock, pins, unresolved)
        written = project.write(plan, lock_file) if writes else ()
        mistakes = mistakes_after(files, plan, lock_file)
        return Outcome(files=files, lock_file=lock_file, plan=plan, mistakes=mistakes, written=written)


def _is_selected(reference: Reference, globs: Sequence[str]) -> bool:
    names = (reference.tagged, reference.name, reference.familiar, reference.familiar.rpartition(":")[0])
    return not globs or any(fnmatchcase(name, glob) for glob in globs for name in names)


def _look_up(
    wanted: Mapping[str, Reference], lock: Lock, open_resolver: OpenResolver, cache: AnswerCache | None
) -> tuple[dict[str, Pin], dict[str, Unresolved]]:
    """Return the entry that each key has now, and what could not be found out."""
    pins: dict[str, Pin] = {}
    unresolved: dict[str, Unresolved] = {}
    for platform, group in _by_platform(wanted).items():
        confirmed = {} if cache is None else _confirm(group, lock, cache, platform)
        pins |= confirmed
        keys = {key: reference for key, reference in group.items() if key not in confirmed}
        if not keys:
            continue
        with open_resolver(platform) as resolver:
            for key, resolution in zip(keys, _resolve(keys, lock, resolver, platform, cache), strict=True):
                if isinstance(resolution, Unresolved):
                    unresolved[key] = resolution
                elif isinstance(resolution, Pin):
                    pins[key] = resolution
                else:
                    pins[key] = pin_of(resolution, platform)
    return pins, unresolved


def _by_platform(wanted: Mapping[str, Reference]) -> dict[Platform | None, dict[str, Reference]]:
    groups: dict[Platform | None, dict[str, Reference]] = {}
    for key, reference in wanted.items():
        written = key.partition("#")[2]
        groups.setdefault(Platform.parse(written) if written else None, {})[key] = reference
    return groups


def _confirm(
    keys: Mapping[str, Reference], lock: Lock, cache: AnswerCache, platform: Platform | None
) -> dict[str, Pin]:
    """Return the entries of the lock that a registry confirmed a moment ago."""
    pins = ((reference, lock.get(key)) for key, reference in keys.items())
    return {
        pin.key: pin
        for reference, pin in pins
        if pin is not None and _is_whole(pin) and cache.confirms(reference, pin.digest, platform)
    }


def _resolve(
    keys: Mapping[str, Reference],
    lock: Lock,
    resolver: Resolver,
    platform: Platform | None,
    cache: AnswerCache | None,
) -> Iterable[Resolution | Pin]:
    """Ask for every digest the cheap way, and read the document only of those that moved."""
    references = tuple(keys.values())
    if platform is not None:
        described = [_trusted(lock.get(key), one) for key, one in zip(keys, resolver.describe(references), strict=True)]
        if cache is not None:
            cache.note_documents(described, platform)
        return described
    found = [_trusted(lock.get(key), one) for key, one in zip(keys, resolver.look_up(references), strict=True)]
    if cache is not None:
        cache.note_tags(found)
    news = {
        key: one.reference.pinned_to(one.descriptor.digest)
        for key, one in zip(keys, found, strict=True)
        if isinstance(one, Resolved) and not _is_known(lock.get(key), one)
    }
    read = dict(zip(news, resolver.describe(tuple(news.values())), strict=True))
    if cache is not None:
        cache.note_documents(read.values())
    return [read.get(key) or _kept(lock.get(key), one) for key, one in zip(keys, found, strict=True)]


def _is_known(pin: Pin | None, resolved: Resolved) -> bool:
    """Return whether the lock has this digest with all that it can say of it."""
    return pin is not None and pin.digest == resolved.descriptor.digest and _is_whole(pin)


def _is_whole(pin: Pin) -> bool:
    """Return whether an entry says all that can be said of its digest."""
    return pin.platforms is not None or pin.media_type not in media_types.INDEXES


def _kept(pin: Pin | None, resolution: Resolution) -> Resolution | Pin:
    return resolution if isinstance(resolution, Unresolved) or pin is None else pin


def _trusted(pin: Pin | None, resolution: Resolution) -> Resolution:
    """Return a resolution, or why there is none: a mirror that stands in may be behind, and moves nothing (RES-28)."""
    if isinstance(resolution, Unresolved) or resolution.instead_of is None:
        return resolution
    if pin is not None and pin.digest == resolution.descriptor.digest:
        return resolution
    return Unresolved(reference=resolution.reference, error=resolution.instead_of)
