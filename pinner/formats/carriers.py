"""Where objects and files carry the values of charts, or customizations, as tables write it.

What reads them is loaded with the first of them that is compiled: most files have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pinner.frozen import dataclass
from pinner.syntax.routes import parse_route

if TYPE_CHECKING:
    from pinner.formats.carried_values import CarriedRoutes
    from pinner.formats.customizations import CustomizedRoutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Where values stand, as routes: to mappings, to texts that are YAML, to lists of `{name: image.tag, value: v1}`.

    `sets` lead to mappings whose keys are such names.
    """

    values: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()

    def compile(self) -> CarriedRoutes:
        """Return the routes, read."""
        from pinner.formats.carried_values import CarriedRoutes  # noqa: PLC0415 - start-up: see above

        return CarriedRoutes(
            *(tuple(map(parse_route, one)) for one in (self.values, self.texts, self.parameters, self.sets))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Customized:
    """Where it stands, as routes: to overrides as mappings and as texts, to patches as texts and as operations."""

    overrides: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()

    def compile(self) -> CustomizedRoutes:
        """Return the routes, read."""
        from pinner.formats.customizations import CustomizedRoutes  # noqa: PLC0415 - start-up: see above

        return CustomizedRoutes(
            *(tuple(map(parse_route, one)) for one in (self.overrides, self.texts, self.patches, self.operations))
        )


CUSTOMIZATION: Final = Customized(
    overrides=("images[]", "imageTags[]"),
    # Plugins are objects, as patches may be.
    patches=(
        *("patches[].patch", "patchesStrategicMerge[]", "patchesJson6902[].patch"),
        *("transformers[]", "generators[]"),
    ),
)
