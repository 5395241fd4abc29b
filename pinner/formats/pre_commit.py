"""pre-commit (pre-commit.com, "docker_image"): the first word of `entry` that is no option of `docker run`.

In `.pre-commit-hooks.yaml` a repository offers such hooks to others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.routed import Images, routed_format
from pinner.syntax.yaml_nodes import Document, Node

# The options without a value (docs.docker.com, "docker container run"; docs.podman.io, "podman run").
_FLAGS: Final = (
    r"-[ditqP]+|--(?:detach|disable-content-trust|init|interactive|no-healthcheck|oom-kill-disable|privileged"
    r"|publish-all|quiet|read-only|rm|sig-proxy|tty|use-api-socket"
    r"|env-host|http-proxy|no-hostname|no-hosts|passwd|read-only-tmpfs|replace|rmi|tls-verify)"
)
_VALUE: Final = r"""(?:[^\s"'-][^\s"']*|"[^"]*"|'[^']*')"""
_OPTION: Final = rf"""(?:(?:{_FLAGS})|--?[\w-]+=(?:[^\s"']+|"[^"]*"|'[^']*')|--?[\w-]+\s+{_VALUE})\s+"""
_IMAGE: Final = rf"""\s*(?:{_OPTION})*+([^\s"'-][^\s"']*)(?:\s.*)?"""
# Too much like an image to be a program: with a name and a tag.
_LIKELY: Final = rf"""\s*(?:{_OPTION})*+((?:[\w.-]+(?::\d+)?/)+[\w.-]+:\w[\w.-]*(?:@\w+:\w+)?)(?:\s.*)?"""
_ELSEWHERE: Final = Unreadable(
    "ambiguous", "the repository of the hook says whether this is an image; write `language: docker_image` beside it"
)
_UNCLEAR: Final = Unreadable("unclear-options", "the options before the image cannot be told from it")
_ROUTES: Final = ("repos[].hooks[language=docker_image].entry", "[language=docker_image].entry")


def _has_no_language(document: Document) -> Callable[[Node], bool]:
    return lambda node: document.scalar_at((*node.path[:-1], "language")) is None


FORMAT: Final = routed_format(
    name="pre-commit",
    places=(
        *(Images(route=route, pattern=_IMAGE) for route in _ROUTES),
        *(Images(route=route, verdict=_UNCLEAR) for route in _ROUTES),
        Images(route="repos[].hooks[].entry", pattern=_LIKELY, where=_has_no_language, verdict=_ELSEWHERE),
    ),
)
