"""Files of operations: which are ours (D06)."""

from __future__ import annotations

import pytest

from pinner.formats import detect, load_format
from pinner.text import Source

JSON_PATCH = load_format("json_patch")


@pytest.mark.parametrize(
    "text",
    [
        "- op: replace\n  path: /spec/image\n  value: a:1\n",
        "# c\n---\n- path: /spec/image\n  op: add\n",
        '[{"op": "replace", "path": "/spec/image", "value": "a:1"}]',
        '[\n  {"path": "/spec/image", "op": "add"}\n]',
        "\ufeff- value: a:1\n  path: /spec/image\n  op: add\n",
    ],
)
def test_a_list_of_operations_is_a_patch(text: str) -> None:
    assert detect(Source("patch.yaml", text)) is JSON_PATCH


@pytest.mark.parametrize(
    "text",
    [
        "- name: a\n  image: a:1\n",
        "op: replace\npath: /image\n",
        "- op: other\n  image: a:1\n",
        "- path: image\n",
        '{"op": "replace", "path": "/image"}',
    ],
)
def test_any_other_list_is_none(text: str) -> None:
    assert detect(Source("patch.yaml", text)) is not JSON_PATCH
