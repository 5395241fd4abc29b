"""What a registry is asked for on behalf of a reference. Values only."""

from __future__ import annotations

from pinner.oci.reference import DEFAULT_TAG, Reference


def tag_to_look_up(reference: Reference) -> str:
    """Return what `look_up` asks for: the tag, or the digest of a reference that has no tag."""
    if reference.is_digest_only:
        return str(reference.digest)
    return reference.tag or DEFAULT_TAG


def digest_to_describe(reference: Reference) -> str:
    """Return what `describe` asks for: the digest where there is one, because it decides (REF-07), else the tag."""
    return str(reference.digest) if reference.digest is not None else reference.tag or DEFAULT_TAG
