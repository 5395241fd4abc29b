"""What layers tell: how many both sides share, and whether the image below changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pinner.oci.configuration import Configuration
from pinner.oci.contents import ImageContents
from pinner.oci.labels import BASE_DIGEST, BASE_NAME
from pinner.review.labels import Labels
from pinner.review.words import compared, counted


def count_shared(old: ImageContents, new: ImageContents) -> int:
    """Return how many layers both sides have as they are stored."""
    return (Counter(_stored(old)) & Counter(_stored(new))).total()


def is_same_stored(old: ImageContents, new: ImageContents) -> bool:
    """Return whether both sides have the same layers, byte by byte."""
    return _stored(old) == _stored(new)


def is_same_unpacked(old: ImageContents, new: ImageContents) -> bool:
    """Return whether the layers of both sides unpack to the same archives."""
    before, after = _unpacked(old), _unpacked(new)
    return before == after and len(before) == len(old.layers) == len(new.layers) > 0


def describe_layers(old: ImageContents, new: ImageContents) -> str:
    """Say how many layers are new, or else how many are gone, or that they changed places."""
    shared = count_shared(old, new)
    came, went = len(new.layers) - shared, len(old.layers) - shared
    if came:
        return f"{came} of {counted(len(new.layers), 'layer')} differ"
    if went:
        return f"{went} of {counted(len(old.layers), 'layer')} {'is' if went == 1 else 'are'} gone"
    return "the same layers in another order"


def find_base_change(old: ImageContents, new: ImageContents, before: Labels, after: Labels) -> str | None:
    """Return what shows that the image below is another one, or None where nothing does.

    Labels go before layers. Without them, the lowest layers must come of other commands, and those above of the same:
    that the same commands gave other layers may be a build without a cache.
    """
    for name, what in ((BASE_DIGEST, "digest"), (BASE_NAME, "name")):
        was, now = before.get(name), after.get(name)
        if was is not None and now is not None and was != now:
            return f"the label of the base's {what} {compared(was, now)}"
        if was is not None and was == now and name == BASE_DIGEST:
            return None
    if old.configuration is None or new.configuration is None:
        return None
    return _compare_commands(old.configuration, new.configuration)


def _compare_commands(old: Configuration, new: Configuration) -> str | None:
    if not (old.commands and new.commands) or old.layers[0] == new.layers[0]:
        return None
    same = _common_end(old.commands, new.commands)
    below = len(new.commands) - same
    if not same or not below or old.commands[0] == new.commands[0]:
        return None
    which = "lowest layer differs" if below == 1 else f"lowest {below} layers differ"
    return f"no label names the base; the {which}, and the commands above are the same"


def _common_end(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many commands at the end are the same, the lowest one of each left out."""
    count = 0
    for left, right in zip(reversed(one[1:]), reversed(other[1:]), strict=False):
        if left != right:
            break
        count += 1
    return count


def _stored(image: ImageContents) -> tuple[str, ...]:
    return tuple(str(one.digest) for one in image.layers)


def _unpacked(image: ImageContents) -> tuple[str, ...]:
    return () if image.configuration is None else tuple(map(str, image.configuration.layers))
