"""Which commit recorded a digest, read from patches as git writes them."""

from __future__ import annotations

from pinner.lock.history import COMMIT_MARK, recorded_in

PATCHES = f"""\
{COMMIT_MARK}bbb2222

diff --git a/pinner.lock b/pinner.lock
index 1..2 100644
--- a/pinner.lock
+++ b/pinner.lock
@@ -4,3 +4,3 @@ version = 1
 [images."docker.io/library/nginx:1.27"]
-digest = "sha256:one"
+digest = "sha256:two"
 media-type = "x"
@@ -20,2 +20,6 @@ platforms = ["linux/amd64"]
 platforms = ["linux/amd64"]
+
+[images."docker.io/library/node:22"]
+digest = "sha256:node"
{COMMIT_MARK}aaa1111

diff --git a/pinner.lock b/pinner.lock
--- /dev/null
+++ b/pinner.lock
@@ -0,0 +1,5 @@
+version = 1
+[images."docker.io/library/nginx:1.27"]
+digest = "sha256:one"
+[images."docker.io/library/node:22"]
+digest = "sha256:node"
"""


def test_no_patches_say_nothing() -> None:
    assert recorded_in("") == {}


def test_the_first_commit_that_recorded_a_digest_counts() -> None:
    assert recorded_in(PATCHES) == {
        ("docker.io/library/nginx:1.27", "sha256:two"): "bbb2222",
        ("docker.io/library/nginx:1.27", "sha256:one"): "aaa1111",
        ("docker.io/library/node:22", "sha256:node"): "aaa1111",
    }


def test_a_digest_whose_entry_is_not_in_sight_is_nobodys() -> None:
    text = f'{COMMIT_MARK}c\n@@ -1 +1 @@\n [images."a:1"]\n@@ -9 +9 @@\n-digest = "sha256:x"\n+digest = "sha256:y"\n'
    assert recorded_in(text) == {}
    # Nor is one that waits in another table, close by.
    lines = ["@@ -1 +1 @@", ' [images."a:1"]', ' digest = "sha256:x"', '+[[pending."a:1"]]', '+digest = "sha256:y"']
    assert recorded_in("\n".join([f"{COMMIT_MARK}c", *lines])) == {}


def test_no_line_of_a_lockfile_passes_for_a_commit() -> None:
    forged = f'+# \x1e{COMMIT_MARK}bad\n [images."a:1"]\n+digest = "sha256:x"\n'
    assert recorded_in(f"{COMMIT_MARK}good\n@@ -1 +1 @@\n{forged}") == {("a:1", "sha256:x"): "good"}
