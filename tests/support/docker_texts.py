"""Random Dockerfiles and Compose documents that mean something, in many spellings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from hypothesis import strategies as st

from tests.support.writing import OTHER_DIGEST

IMAGES: Final = st.sampled_from(
    [
        *("nginx", "nginx:1.27", "localhost:5000/a/b:1", "ghcr.io/acme/api:2.1", f"redis:7@{OTHER_DIGEST}"),
        *("app:dev", "docker.io/library/app:dev", f"busybox@{OTHER_DIGEST}", "s", "0", "Nginx:1", "{{ x }}", ""),
    ]
)
_VARIABLES: Final = st.sampled_from(
    ["${I:-nginx:1}", "${I-${J:-app:dev}}", "nginx:${T:-1}", "$I", "$${I}", "${I:?x:1}", "a:$V", "${V}", "$B"]
)
_REFERENCES: Final = IMAGES | _VARIABLES
_NAMES: Final = st.sampled_from(["a", "b", "base"])
_PLAIN: Final = re.compile(r"[\w$./][^#{}\[\],&*!|>'\"%@`\n]*|\$\{[^#\n]*\}")


class _Raw(str):
    """A value that stands as it is, such as an alias."""

    __slots__ = ()


def _lines(*shapes: str) -> st.SearchStrategy[str]:
    """Return lines of these shapes, with an image for each `%s`."""
    return st.sampled_from(shapes).flatmap(
        lambda shape: st.lists(_REFERENCES, min_size=shape.count("%s"), max_size=shape.count("%s")).map(
            lambda images: shape % tuple(images)
        )
    )


def dockerfiles() -> st.SearchStrategy[str]:
    """Return Dockerfiles: directives, global arguments, and stages."""
    tops = _lines("# syntax=%s", "# escape=`", "# a comment", "")
    arguments = _lines("ARG B=%s", "ARG V=1", 'ARG V="3.21"', "ARG V", "ARG V=1 W=2", "arg \\\n  V=4")
    bases = _lines(
        *("FROM %s", "FROM %s AS s", "from --platform=$BUILDPLATFORM %s as Base", "FROM \\\n# c\n\n  %s"),
        *("FROM a:$V", "FROM a:${V}", "FROM ${B} AS b", "FROM %s # x", "FROM 'nginx:1'", "FROM scratch"),
    )
    steps = _lines(
        *("COPY --from=%s /a /a", 'COPY --chown=1 --from="%s" /a /a', "COPY --from=0 /a /a", "COPY --from=BASE /a /a"),
        *("RUN --mount=from=%s,target=/a --mount=type=cache,target=/c x", 'RUN --mount=type=bind,"from=%s" x'),
        *(
            "RUN <<E\nFROM %s\nE",
            "COPY <<-'E F' /a\n\tFROM %s\n\tE F",
            "ONBUILD COPY --from=%s /a /a",
            "ARG V",
            "LABEL v=$V",
        ),
    )
    stages = st.tuples(bases, st.lists(steps, max_size=3).map("\n".join)).map("\n".join)
    parts = st.tuples(st.lists(tops, max_size=2), st.lists(arguments, max_size=2), st.lists(stages, max_size=3))
    text = parts.map(lambda lists: "\n".join(line for lines in lists for line in lines))
    return st.tuples(text, _line_ends()).map(lambda one: one[0].replace("\n", one[1]))


def compose_documents() -> st.SearchStrategy[str]:
    """Return documents with services, which may merge a template, in block style or in flow style."""
    template = st.fixed_dictionaries({}, optional={"image": _REFERENCES, "build": st.just(".")})
    # The template stands first: an alias follows its anchor.
    document = st.tuples(template, st.dictionaries(_NAMES, _services())).map(
        lambda one: {"x-template": one[0], "services": one[1]}
    )
    return st.tuples(document.flatmap(lambda one: _block(one, 0)), _line_ends()).map(
        lambda one: one[0].replace("x-template:", "x-template: &t").replace("\n", one[1])
    )


def _services() -> st.SearchStrategy[Mapping[str, object]]:
    contexts = st.just("../x") | st.just("service:a") | _REFERENCES.map("docker-image://{}".format)
    build = st.fixed_dictionaries(
        {"context": st.just(".")},
        optional={
            "dockerfile_inline": dockerfiles().map(lambda text: "# x\n" + text.replace("\r", "")),
            "additional_contexts": st.dictionaries(IMAGES.filter(bool), contexts, min_size=1)
            | st.lists(contexts.map("x={}".format), min_size=1),
            "tags": st.lists(_REFERENCES, min_size=1),
        },
    )
    return st.fixed_dictionaries(
        {},
        optional={
            "<<": st.just(_Raw("*t")),
            "image": _REFERENCES,
            "build": st.just(".") | st.just(_Raw("!reset null")) | build,
            "extends": _NAMES | st.fixed_dictionaries({"service": _NAMES}, optional={"file": st.just("b.yml")}),
            "volumes": st.lists(
                st.just("a:/a")
                | st.fixed_dictionaries({"type": st.sampled_from(["image", "bind"]), "source": _REFERENCES}),
                min_size=1,
            ),
            "pre_start": st.lists(st.fixed_dictionaries({"image": _REFERENCES}), min_size=1),
            "labels": st.fixed_dictionaries({"image": _REFERENCES}),
        },
    )


def _line_ends() -> st.SearchStrategy[str]:
    return st.sampled_from(["\n", "\n", "\r\n"])


def _block(value: object, indent: int) -> st.SearchStrategy[str]:
    """Return spellings of a value that stands behind a key or a dash, with its line ends."""
    margin = " " * indent
    if isinstance(value, str):
        return _scalar(value, margin).map(lambda text: f" {text}\n")
    if not value:
        return st.just(" {}\n")
    pairs: list[tuple[str, object]] = []
    if isinstance(value, Mapping):
        plain = {key: key == "<<" or _PLAIN.fullmatch(key) for key in value}
        pairs = [(f"{key if plain[key] else json.dumps(key)}:", one) for key, one in value.items()]
    elif isinstance(value, Sequence):
        pairs = [("-", one) for one in value]
    lines = st.tuples(*(_block(one, indent + 2).map(f"{margin}{lead}{{}}".format) for lead, one in pairs))
    block = lines.map(lambda texts: "\n" + "".join(texts))
    is_flow = indent > 2 and "*t" not in repr(value) and "!reset" not in repr(value)
    return block | st.just(f" {json.dumps(value)}  # flow\n") if is_flow else block


def _scalar(value: str, margin: str) -> st.SearchStrategy[str]:
    spellings = [json.dumps(value)]
    if isinstance(value, _Raw):
        return st.just(value)
    if "\n" in value:
        body = "".join(f"{margin}{line}\n" if line else "\n" for line in value.split("\n"))
        spellings += [f"|\n{body}", f"|- # block\n{body}"]
    else:
        spellings += [f"'{value}'", f"'{value}'  # note"]
        if _PLAIN.fullmatch(value) and ": " not in value:
            spellings += [value, f"{value} # note", f">-\n{margin}{value}"]
    return st.sampled_from(spellings)
