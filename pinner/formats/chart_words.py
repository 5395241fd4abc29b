"""The words of Helm values: which keys name parts of images, and why an image is left alone."""

from __future__ import annotations

import re
from typing import Final

from pinner.formats.base import Unreadable
from pinner.patterns import compile_later

# Beside a repository, these tell that it is one of images.
TELLING: Final = ("registry", "pullpolicy", "imagepullpolicy", "pullsecrets", "imagepullsecrets", "digest", "sha")
TAGS: Final = ("tag", "version")
DIGESTS: Final = ("digest", "sha", "sha256")
MADE: Final = frozenset({"template-value", "variable"})
# Under these, some charts want `sha256:` in front and others do not.
HEX: Final = ("sha", "sha256")
# What ends like a digest and is that of the image beside it, or none.
OWN_DIGESTS: Final = frozenset({"digest", "imagedigest", "usedigest"})
REGISTRIES: Final = ("registry", "hub")
# How the keys of references and repositories in one text end; what has a name may also be none.
NAMES: Final = ("name", "ref", "uri")
TEXTS: Final = ("image", *(f"image{one}" for one in NAMES))
# Beside a repository, these may be a part of the name or of the tag.
MORE_PARTS: Final = (
    "name", "image", "imagename", "org", "organization", "project", "namespace", "prefix", "suffix", "variant",
    "tagprefix", "tagsuffix", "flavor", "flavour", "distro",
)  # fmt: skip
# Texts under `images` that are none.
NO_IMAGES: Final = frozenset({*TELLING, *TAGS, *DIGESTS, *REGISTRIES, *MORE_PARTS, "repository", "repo"})
# Hosts of source code, by how they begin.
FORGES: Final = ("git", "www.git", "bitbucket.", "codeberg.")
OTHER_IMAGE: Final = compile_later(
    r"[a-z][a-z0-9+.-]*://|data:[a-z]*[/;,]|/|.*\.(?:png|svg|jpe?g|gif|webp|ico|iso|qcow2|img|raw|vmdk|ova|vhdx?)$",
    re.IGNORECASE,
)
# Times, ports and versions.
NUMBERS: Final = compile_later(r"[\d.:-]+")
NO_CONTAINER_IMAGE: Final = Unreadable("other-image", "the value names a picture, a disk or a machine image")
NO_NAME: Final = Unreadable("other-image", "the value reads as no reference; it may be another kind of image")
UNTAGGED: Final = Unreadable("app-version", "no tag is written: the chart may add one; write the tag to have it pinned")
NO_REPOSITORY: Final = Unreadable(
    "no-repository", "the repository stands in another file; write it beside the tag to have the image pinned"
)
NAMED: Final = Unreadable("ambiguous", "what stands under 'name' may be the image's repository, or not")
ANY_REPOSITORY: Final = Unreadable(
    "ambiguous", "a repository and a tag may be those of git or of a chart; images stand under a key like 'image'"
)
SEVERAL: Final = Unreadable("ambiguous", "a repository of several images is a part of their names")
UNUSED: Final = Unreadable("ambiguous", "the digest has no effect while useDigest is false")
UNKNOWN_HASH: Final = Unreadable(
    "ambiguous", "a chart that is not here may compare the tag, and takes the digest under a key; fill that in once"
)
TWO_TAGS: Final = Unreadable("ambiguous", "the image has a tag, and another one stands beside it")
ONE_WORD: Final = Unreadable(
    "ambiguous", "a single word may be put together with a registry that stands elsewhere; write it in front"
)
BEHIND_GLOBAL: Final = Unreadable(
    "ambiguous", "the global registry may have to stand in front; write the registry beside the repository"
)
BEHIND_CHART: Final = Unreadable(
    "ambiguous", "the chart's own values put a registry in front; write the registry beside the repository"
)
NO_CHART: Final = Unreadable(
    "ambiguous", "the chart, which is not here, may put a registry in front; write it with the repository"
)
