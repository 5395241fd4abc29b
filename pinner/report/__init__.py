"""Findings, inventories and plans as text, one file an output format."""
