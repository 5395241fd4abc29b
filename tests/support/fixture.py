"""Write what a format does with a folder of fixtures, for a person to review: `python -m tests.support.fixture FOLDER`.

The folder holds one file under its real name; `expected.json` and the pinned bytes are written beside it. An
`expected.json` that is there keeps its `form`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pinner.formats import detect, load_format
from pinner.formats.base import Occurrence, Skipped
from pinner.forms import Form
from tests.support import cases

PINNED = "pinned.txt"


def write_expectation(folder: Path) -> str:
    """Write expected.json and the pinned bytes of a folder; return the expectation."""
    expectation = folder / "expected.json"
    before = json.loads(expectation.read_text("utf-8")) if expectation.exists() else {}
    name = before.get("pinned", PINNED)
    form = Form(before.get("form", Form.TAG_AND_DIGEST))
    source = cases.read_source(folder, name)
    module = folder.parent.name
    taken = detect(source)
    if taken is not load_format(module):
        message = f"{source.path!r} is taken by {taken.name if taken else 'no format'}, not by {module}"
        raise SystemExit(message)
    found = cases.find(module, source)
    pinned = cases.pin(module, source, form).encode()
    refused = cases.refused(module, source, form)
    fields: dict[str, object] = {"format": load_format(module).name}
    fields |= {"form": form.value} if form is not Form.TAG_AND_DIGEST else {}
    text = _render(
        fields,
        found=[cases.describe(source, one) for one in found if isinstance(one, Occurrence)],
        skipped=[cases.describe(source, one) for one in found if isinstance(one, Skipped)],
        last=({"refused": refused} if refused else {}) | ({"pinned": name} if pinned != source.encode() else {}),
    )
    expectation.write_text(text, encoding="utf-8")
    if pinned != source.encode():
        (folder / name).write_bytes(pinned)
    return text


def _render(first: dict[str, object], *, last: dict[str, object], **places: list[dict[str, object]]) -> str:
    """Return JSON with a line a place."""
    lines = [f'  "{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in first.items()]
    for key, listed in places.items():
        inside = ",\n".join(f"    {json.dumps(one, ensure_ascii=False)}" for one in listed)
        lines.append(f'  "{key}": [\n{inside}\n  ]' if listed else f'  "{key}": []')
    lines += (f'  "{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in last.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(write_expectation(Path(argument).resolve()), end="")  # noqa: T201 - what is to be reviewed
