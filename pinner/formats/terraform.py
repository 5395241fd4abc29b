"""Terraform and OpenTofu in HCL (developer.hashicorp.com/terraform/language, "Syntax"; the providers' own pages)."""

from __future__ import annotations

from typing import Final

from pinner.formats.base import Format
from pinner.formats.hcl_places import HclTable, prove_with
from pinner.formats.hcl_variables import variable_or_local
from pinner.formats.terraform_resources import DOUBTFUL, IMAGES

_TABLE: Final = HclTable(
    places=IMAGES,
    define=variable_or_local,
    known=frozenset({"docker_image", "docker_registry_image", "data"}),
    doubtful=DOUBTFUL,
)

FORMAT: Final = Format(
    name="terraform",
    find=_TABLE.find,
    prove=prove_with(_TABLE.find),
)
