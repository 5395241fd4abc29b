"""Rows of HCL that scanners get wrong: the text, and the templates in it, or none where HCL refuses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Row:
    """A text with the values of its templates in order; without sequences where `values` has one for each."""

    text: str
    values: tuple[str, ...] = ()
    is_hcl: bool = True


ROWS: Final = (
    Row(""),
    Row("# only a comment"),
    Row('a = "b"\n', ("b",)),
    Row('a = "b"', ("b",)),
    Row('a = "b" # "c"\n', ("b",)),
    Row('a = "b" // "c"\r\n', ("b",)),
    Row('/* a = "c"\n*/ a = /**/ "b" /* x */\n', ("b",)),
    Row('a = "#b"\n', ("#b",)),
    Row('a = "//b /* */"\n', ("//b /* */",)),
    Row(r'a = "\"\\\n\t\r"' + "\n", ('"\\\n\t\r',)),
    Row(r'a = "\u0061\U0001F600x"' + "\n", ("a😀x",)),
    Row('a = "$${b} %%{c}"\n', ("${b} %{c}",)),
    Row('a = "$$${b}"\n', ("$${b}",)),
    Row('a = "$ % $$ %% $"\n', ("$ % $$ %% $",)),
    Row('a = "${b}"\n', ("${b}",)),
    Row('a = "x${b ? "c" : "${d}"}y"\n', ("c", "${d}", 'x${b ? "c" : "${d}"}y')),
    Row('a = "  ${~ b ~}  c"\n', ("${~ b ~}c",)),
    Row('a = "%{ if b }c%{ else }d%{ endif }"\n', ("%{ if b }c%{ else }d%{ endif }",)),
    Row('a = "${ {b = "}"}.b }"\n', ("}", '${ {b = "}"}.b }')),
    Row("a = <<E\nb\nE\n", ("b\n",)),
    Row("a = <<E\nE\n", ("",)),
    Row("a = <<E\r\nb\r\n  E  \r\n", ("b\r\n",)),
    Row("a = <<-E\n    b\n\n      c\n  E\n", ("b\n\n  c\n",)),
    Row("a = <<-E\n\tb\n  c\nE\n", ("b\n c\n",)),
    Row("a = <<-E\n    b\n   ${c}\n  E\n", (" b\n${c}\n",)),
    Row("a = <<-E\n    b ${c}\n      d\n  E\n", ("b ${c}\n  d\n",)),
    Row("a = <<E\nE1\n EE\nxE\nE\n", ("E1\n EE\nxE\n",)),
    Row("a = <<E\n${b}E\n$E\nE\n", ("${b}E\n$E\n",)),
    Row('a = <<E\n"\\n" $${b} # c\nE\n', ('"\\n" ${b} # c\n',)),
    Row("a = [<<E\nb\nE\n, <<F\nc\nF\n]\n", ("b\n", "c\n")),
    Row("a = <<E\n${<<F\nb\nF\n}\nE\n", ("b\n", "${<<F\nb\nF\n}\n")),
    Row('a {\n  b = "c"\n}\n', ("c",)),
    Row('a "b" c "d e" { b = "c" }\n', ("b", "d e", "c")),
    Row("a {}\nb {\n}\n"),
    Row('a = { b = "c", "d" : "e"\n f = [1, "g",] }\n', ("c", "d", "e", "g")),
    Row('a = {\n\n  (b) = "c"\n  1 = "d"\n  null = "e"\n}\n', ("c", "d", "e")),
    Row('a = [for b, c in d : "e" if f]\n', ("e",)),
    Row('a = { for b, c in d : "e" => "f"... if g }\n', ("e", "f")),
    Row('a = b(\n"c"\n, "d"...)\n', ("c", "d")),
    Row('a = b::c::d("e")\n', ("e",)),
    Row('a = b["${c}"].d.0.e[*].f.*.g\n', ("${c}",)),
    Row('a = !b && -c > 1.5e-3 ? "d" : (\n"e"\n)\n', ("d", "e")),
    Row('a = "b" == "c" ? 1 : 2\n', ("b", "c")),
    Row('a = "é😀" # 😀\n', ("é😀",)),
    Row('é = "b"\n', ("b",)),
    Row("a = 1...\n", is_hcl=False),
    Row('a = "b\n"\n', is_hcl=False),
    Row('a = "b', is_hcl=False),
    Row('a = "${b"\n', is_hcl=False),
    Row('a = "${b c}"\n', is_hcl=False),
    Row('a = "%{ while b }"\n', is_hcl=False),
    Row("a = <<E\nb\n", is_hcl=False),
    Row("a = <<E\nb\nE", is_hcl=False),
    Row("a = << E\nb\nE\n", is_hcl=False),
    Row('a = <<"E"\nb\nE\n', is_hcl=False),
    Row("a = 'b'\n", is_hcl=False),
    Row('a = ["b" "c"]\n', is_hcl=False),
    Row('a = {b = "c" d = "e"}\n', is_hcl=False),
    Row('a = "b" c = "d"\n', is_hcl=False),
    Row('a "${b}" {\n}\n', is_hcl=False),
    Row("a\n{\n}\n", is_hcl=False),
    Row("a {\n", is_hcl=False),
    Row("a = (b\n", is_hcl=False),
    Row("}\n", is_hcl=False),
    Row("a = ~}\n", is_hcl=False),
    Row('"a" = "b"\n', is_hcl=False),
    Row('a = \n"b"\n', is_hcl=False),
    Row("a =", is_hcl=False),
    Row("a = b ? c\n", is_hcl=False),
    Row("a = b.\n", is_hcl=False),
    Row("a = b::c\n", is_hcl=False),
    Row('a = b("c" "d")\n', is_hcl=False),
    Row("a = b(c... d)\n", is_hcl=False),
    Row("a = [for b : c]\n", is_hcl=False),
    Row("a = [for b of c : d]\n", is_hcl=False),
    Row("a = {b}\n", is_hcl=False),
    Row("a = \x00\n", is_hcl=False),
    Row("a /* b", is_hcl=False),
)
