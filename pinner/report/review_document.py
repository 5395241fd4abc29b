"""What changed between two lockfiles, for programs (`pinner/diff/1`)."""

from __future__ import annotations

from collections.abc import Iterable

from pinner.lock.comparison import Moved
from pinner.oci.platform import Platform
from pinner.report.documents import Document, describe_moved, describe_pin, render_document
from pinner.review.changes import Action, ChangedImage, Place, Review, Side
from pinner.review.evidence import Evidence, ImageFacts, PlatformFacts


def render_review(review: Review) -> str:
    """Return the document; each of its lists has what to look at first in front."""
    by_action = {action: [one for one in review.images if one.action is action] for action in Action}
    moved = [*by_action[Action.REPUBLISHED], *by_action[Action.MOVED]]
    return render_document(
        "diff",
        old=_side(review.old),
        new=_side(review.new),
        added=[{**describe_pin(one.pin), **_places(one, review)} for one in by_action[Action.ADDED]],
        removed=[{**describe_pin(one.pin), **_places(one, review)} for one in by_action[Action.REMOVED]],
        moved=[{**_moved(one), **_places(one, review)} for one in moved],
        waiting=[{"image": one.key, "digest": str(one.digest), "seen": one.seen.isoformat()} for one in review.waiting],
    )


def _side(side: Side) -> Document:
    return {"name": side.name, "commit": side.commit}


def _places(image: ChangedImage, review: Review) -> Document:
    places = review.places_of(image.pin.tagged)
    return {"places": None if places is None else list(map(_place, places))}


def _place(place: Place) -> Document:
    return {"path": place.path, "line": place.line, "column": place.column}


def _moved(image: ChangedImage) -> Document:
    assert image.old is not None, "what moved was there"
    assert image.new is not None, "what moved is there"
    return {
        **describe_moved(Moved(image.old, image.new)),
        "old_media_type": image.old.media_type,
        "new_media_type": image.new.media_type,
        "tag_kind": image.tag_kind,
        "republished": image.action is Action.REPUBLISHED,
        "platforms_added": _platforms(image.platforms_added),
        "platforms_removed": _platforms(image.platforms_removed),
        "index_lost": image.is_flattened,
        "evidence": None if image.evidence is None else _evidence(image.evidence),
    }


def _evidence(evidence: Evidence) -> Document:
    return {
        "causes": [
            {"cause": one.cause, "because": one.because, "platforms": _platforms(one.platforms)}
            for one in evidence.judgements
        ],
        "platforms": list(map(_platform, evidence.platforms)),
        "left_out": evidence.left_out,
        "labels": [{"name": one.name, "old": one.old, "new": one.new} for one in evidence.labels],
        "compare": evidence.compare,
        "settings": [
            {"field": one.field, "sentence": one.sentence, "platforms": _platforms(one.platforms)}
            for one in evidence.settings
        ],
        "unread": [
            {"side": one.side, "what": one.what, "error": one.error.code, "detail": one.error.message}
            for one in evidence.unread
        ],
    }


def _platform(facts: PlatformFacts) -> Document:
    return {
        "platform": None if facts.platform is None else str(facts.platform),
        "old": _image(facts.old),
        "new": _image(facts.new),
        "shared_layers": facts.shared_layers,
        "size_delta": facts.size_delta,
    }


def _image(facts: ImageFacts | None) -> Document | None:
    if facts is None:
        return None
    return {
        "manifest": str(facts.manifest),
        "config": None if facts.config is None else str(facts.config),
        "layers": None if facts.layers is None else list(map(str, facts.layers)),
        "size": facts.size,
    }


def _platforms(platforms: Iterable[Platform]) -> list[str]:
    return list(map(str, platforms))
