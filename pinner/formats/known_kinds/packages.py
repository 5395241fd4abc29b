"""Packages, bundles and policies: Crossplane, Carvel, Kyverno."""

from __future__ import annotations

from typing import Final

from pinner.formats.known_kinds.entries import COMPARED, WATCHED, Kinds, with_key
from pinner.formats.routed import Images

_IMAGE_URL: Final = "**.image.url"
_BUNDLE: Final = "**.imgpkgBundle.image"


TABLE: Final = (
    # docs.crossplane.io, "Providers", "Configuration packages", "Functions".
    Kinds(
        groups=("pkg.crossplane.io",),
        names=("Provider", "Configuration", "Function"),
        places=("spec.package",),
    ),
    Kinds(groups=("meta.pkg.crossplane.io",), names=("Provider",), places=("spec.controller.image",)),
    # carvel.dev: a tag that is selected at run time stands nowhere, and a digest would end the selection.
    Kinds(
        groups=("kappctrl.k14s.io", "packaging.carvel.dev", "data.packaging.carvel.dev", "vendir.k14s.io"),
        places=(
            Images(route=_IMAGE_URL, where=with_key("tagSelection"), verdict=WATCHED),
            Images(route=_BUNDLE, where=with_key("tagSelection"), verdict=WATCHED),
            _IMAGE_URL,
            _BUNDLE,
        ),
        keys=frozenset({"tagSelection"}),
    ),
    Kinds(
        groups=("kbld.k14s.io",),
        places=(Images(route="**.image", verdict=COMPARED), "overrides[].newImage"),
    ),
    # kyverno.io/docs: patterns that pods are compared with.
    Kinds(
        groups=("kyverno.io",),
        names=("ClusterPolicy", "Policy"),
        places=(Images(route="**.validate.**.image", verdict=COMPARED),),
    ),
)
