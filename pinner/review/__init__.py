"""What reviewers are told of a lockfile's changes: why a digest moved, as values. Pure.

Nothing here reads a file or asks a registry. Every text that came from one is a clean line of bounded length, and has
still to be escaped for where it is shown.
"""
