"""The one secret of all hostile and lab tests, and the forms in which it could come out again.

It is new for every run. Workers of xdist get it from their parent through the environment.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

VARIABLE: Final = "SENTINEL_OF_TESTS"
# Two halves, each known for itself: what stands between them changes in JSON, in addresses and in a repr.
_FIRST, _SECOND = os.environ.setdefault(VARIABLE, f"{secrets.token_hex(12)}.{secrets.token_hex(12)}").split(".")
SENTINEL: Final = f"{_FIRST}:/+{_SECOND}"
# Secrets that a file of the tests cannot choose anew for each run: bcrypt hashes belong to them.
FIXED: Final = ("s3cret:with:colon",)


def _in_base64(secret: bytes) -> set[bytes]:
    """Return what base64 makes of a secret wherever it stands in a longer text, without what its neighbours change."""
    found = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret)
        # The bits of its neighbours reach into the characters at both ends.
        core = encoded[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]
        found |= {core, core.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def _forms_of(secret: str) -> set[bytes]:
    raw = secret.encode()
    return {raw, raw.hex().encode(), raw[::-1], *_in_base64(raw)}


# Percent signs and backslashes do not touch the letters and digits of a half.
FORMS: Final = frozenset(form for text in (_FIRST, _SECOND, *FIXED) for form in _forms_of(text))


def is_in(content: bytes | str) -> bool:
    """Return whether a secret of the tests stands in `content`, in any form."""
    haystack = content.encode(errors="surrogatepass") if isinstance(content, str) else content
    return any(form in haystack for form in FORMS)
