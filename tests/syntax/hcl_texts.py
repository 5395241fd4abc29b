"""HCL for properties: documents that are mostly well formed, from the pieces that scanners get wrong."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

NAMES: Final = st.sampled_from(["image", "a", "name", "for", "if", "in", "null", "true", "é", "b-c", "_x", "default"])
_LETTERS: Final = st.sampled_from(
    [
        "a",
        "nginx:1.27",
        " ",
        "$",
        "$$",
        "%",
        "%%",
        "$${",
        "%%{",
        "$${~x}",
        "{",
        "}",
        "#",
        "//",
        "/*",
        "*/",
        "'",
        "é",
        "😀",
    ]
)
_QUOTED_LETTERS: Final = st.one_of(
    _LETTERS, st.sampled_from([r"\"", r"\\", r"\n", r"\t", r"\r", r"\u0061", r"\U0001F600", "<<E", r"\\n"])
)
_HEREDOC_LETTERS: Final = st.one_of(_LETTERS, st.sampled_from(['"', "\\", r"\n", "\t", "EOT", " EOT ", "<<E"]))
_INDENTS: Final = st.sampled_from(["", " ", "  ", "    ", "\t", "\u3000"])
_LINE_ENDS: Final = st.sampled_from(["\n", "\n", "\r\n"])
_COMMENTS: Final = st.sampled_from(["", ' # a "b" ${', " // c {", ' /* d\n" */', ""])
_BLANKS: Final = st.sampled_from(["", " ", "\t", " /* x */ "])
_OPERATORS: Final = st.sampled_from(["+", "-", "==", "&&", "<", "*", "/", "%", "||", ">=", "!="])


def _sequence(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    opening, closing = st.sampled_from(["${", "${~"]), st.sampled_from(["}", "~}"])
    plain = st.builds(lambda a, one, b: f"{a}{one}{b}", opening, inner, closing)
    chosen = st.builds(lambda one, text: f"%{{ if {one} }}{text}%{{ else ~}}b%{{~ endif }}", inner, _LETTERS)
    looped = st.builds(lambda one, text: f"%{{ for x, y in {one} }}{text}%{{ endfor }}", inner, _LETTERS)
    return st.one_of(plain, plain, chosen, looped)


def _quoted(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    parts = st.lists(st.one_of(_QUOTED_LETTERS, _QUOTED_LETTERS, _sequence(inner)), max_size=4)
    return parts.map(lambda found: '"' + "".join(found) + '"')


def _heredoc(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    parts = st.lists(st.one_of(_HEREDOC_LETTERS, _HEREDOC_LETTERS, _sequence(inner)), max_size=3)
    line = st.builds(lambda indent, found, end: indent + "".join(found) + end, _INDENTS, parts, _LINE_ENDS)
    lines = st.lists(line, max_size=4)
    return st.builds(
        lambda dash, end, body, indent: f"<<{dash}EOT{end}{''.join(body)}{indent}EOT\n",
        st.sampled_from(["", "-", "-"]),
        _LINE_ENDS,
        lines,
        _INDENTS,
    )


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return expressions made of others."""
    key = st.one_of(NAMES, _quoted(st.just("x")), st.just("(x)"), st.just("1"))
    entry = st.builds(lambda name, sign, one: f"{name}{sign}{one}", key, st.sampled_from([" = ", ":", "="]), inner)
    ends = st.sampled_from(["", ",", ", # c\n", "\n"])
    return st.one_of(
        st.builds(lambda items, end: f"[{', '.join(items)}{end if items else ''}]", st.lists(inner, max_size=3), ends),
        st.builds(lambda items: "{" + "\n".join(items) + "}", st.lists(entry, max_size=3)),
        st.builds(lambda items: "{ " + ",".join(items) + " }", st.lists(entry, max_size=3)),
        st.builds(lambda name, items: f"{name}({', '.join(items)})", NAMES, st.lists(inner, max_size=3)),
        st.builds(lambda a, b, c: f"({a}) ? {b} : {c}", inner, inner, inner),
        st.builds(lambda a, sign, b: f"{a} {sign} {b}", inner, _OPERATORS, inner),
        st.builds(lambda a, b: f"[for x in {a} : {b}]", inner, inner),
        st.builds(lambda a, b, c: f"{{for k, v in {a}: {b} => {c} if k}}", inner, inner, inner),
        st.builds(lambda a, b: f"({a})[{b}].c.0[*].d", inner, st.sampled_from(["0", "b", '"b"', '"${b}c"'])),
        inner.map(lambda one: f"(\n{one}\n)"),
        inner.map(lambda one: f"-{one}"),
    )


_ATOMS: Final = st.one_of(
    st.sampled_from(["1", "2.5e3", "true", "null", "var.image", "local.a.b", "x.*.y", "a[0]"]),
    _quoted(st.just("var.x")),
)
EXPRESSIONS: Final = st.recursive(
    st.one_of(_ATOMS, _heredoc(st.just("var.x"))),
    lambda inner: st.one_of(_joined(inner), _quoted(inner), _heredoc(inner)),
    max_leaves=6,
)


def _bodies(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    attribute = st.builds(
        lambda name, blank, one, comment: f"{name}{blank}= {one}{'' if one.endswith(chr(10)) else comment + chr(10)}",
        NAMES,
        _BLANKS,
        EXPRESSIONS,
        _COMMENTS,
    )
    label = st.one_of(NAMES, st.just('"a b"'), st.just(r'"\u0061\"$${"'))
    block = st.builds(
        lambda kind, labels, blank, body: f"{kind} {' '.join(labels)}{blank}{{\n{body}}}\n",
        NAMES,
        st.lists(label, max_size=2),
        _BLANKS,
        inner,
    )
    short = st.builds(lambda kind, name, one: f"{kind} {{ {name} = {one} }}\n", NAMES, NAMES, EXPRESSIONS)
    return st.lists(st.one_of(attribute, block, short, st.just("\n# c\n")), max_size=3).map("".join)


DOCUMENTS: Final = st.recursive(st.just(""), _bodies, max_leaves=4)
