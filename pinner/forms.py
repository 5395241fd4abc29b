"""In which form a digest is written into a file (contract, "Output forms")."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """How a pinned reference is written; the configuration chooses one for each path."""

    # Both in one text, or the digest in the format's own field for it where that stands there already.
    TAG_AND_DIGEST = "tag@digest"
    # The digest alone; a comment remembers the tag.
    DIGEST = "digest"
    # The digest in the format's own field for it, and nowhere else.
    DIGEST_KEY = "digest-key"
    # The file stays as it is; only the lock knows the digest.
    LEAVE = "leave"
