"""The disk: which files there are, their bytes, and how new bytes come into them, all at once or not at all.

The only room that knows the work tree and git. It never looks into a file's meaning and opens no socket.
"""

from __future__ import annotations

from pinner.workspace.listing import Listed, ListedFile, NotTaken
from pinner.workspace.root import ConfigText, find_root
from pinner.workspace.tree import Workspace
from pinner.workspace.writing import Edited, Rewrite

__all__ = ["ConfigText", "Edited", "Listed", "ListedFile", "NotTaken", "Rewrite", "Workspace", "find_root"]
