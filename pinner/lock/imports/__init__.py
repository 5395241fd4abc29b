"""Lockfiles of other tools, read for the digests that they record. A file a format, in the order of `table.py`."""
