"""The lockfile: every tag-to-digest fact, in one file that reviewers read and git merges.

Values and text only; the workspace reads and writes the disk. The format is in the contract, "Lockfile".
"""
