"""Kubernetes objects whose images stand elsewhere than in containers, a table a family.

A table says for the kinds of an API group where images stand, and which values only look like them. What it says
nothing of is read like any other custom resource.
"""
