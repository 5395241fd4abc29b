"""HCL's native syntax as a tree: bodies, attributes, blocks, and expressions down to every template.

Nothing is evaluated. Everything that HCL's own parser accepts is accepted, and read as the same tree; what has no
meaning there is `Malformed` as a whole, for nobody can say what belongs to what.
"""

from __future__ import annotations

from pinner.syntax.hcl_expressions import Expressions
from pinner.syntax.hcl_lexer import Malformed, RefusedError, tokenize
from pinner.syntax.hcl_nodes import Attribute, Block, Body, File


def read(text: str) -> File | Malformed:
    """Read a file; a byte order mark at the beginning counts as one letter of `text`."""
    try:
        return _Bodies(text, tokenize(text)).file()
    except RefusedError as error:
        return error.malformed


class _Bodies(Expressions):
    """Reads a whole file."""

    def file(self) -> File:
        body = self._body("end")
        return File(body, tuple(self.texts))

    def _body(self, end: str) -> Body:
        items: list[Attribute | Block] = []
        while True:
            token = self.peek()
            if token.kind == "newline":
                self.read()
            elif token.kind == "name":
                items.append(self._item())
                following = self.peek()
                if following.kind not in ("newline", "end") and not self.is_sign("}"):
                    raise self.refuse("a line must end here")
            elif (token.kind == "end" and end == "end") or (end == "}" and self.take("}")):
                return Body(tuple(items))
            else:
                raise self.refuse("an argument or a block must stand here")

    def _item(self) -> Attribute | Block:
        name = self.name()
        if self.take("="):
            return Attribute(name.text, name.start, self.expression())
        labels: list[str] = []
        while not self.take("{"):
            token = self.peek()
            if token.kind == "name":
                labels.append(self.read().text)
            elif token.kind == "quote":
                labels.append(self._label())
            else:
                raise self.refuse("'=' or '{' is missing here")
        with self.deeper():
            return Block(name.text, tuple(labels), name.start, self._body("}"))

    def _label(self) -> str:
        label = self.template()
        if not label.is_literal:
            raise RefusedError(label.span.start, label.span.end, "a label holds no sequences")
        return label.value
