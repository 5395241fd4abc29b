"""Overrides of an Argo CD application beside its manifests (argo-cd.readthedocs.io, "Parameter Overrides").

The file is what an Application has under `spec.source`.
"""

from __future__ import annotations

from typing import Final

from pinner.formats.carried_values import carrying_format
from pinner.formats.carriers import Carried, Customized

_KUSTOMIZED: Final = Customized(texts=("kustomize.images[]",), patches=("kustomize.patches[].patch",)).compile()

FORMAT: Final = carrying_format(
    name="argocd-source",
    carried=Carried(values=("helm.valuesObject",), texts=("helm.values",), parameters=("helm.parameters",)),
    more=_KUSTOMIZED.places,
)
