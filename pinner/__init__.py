"""Pin container image references to digests, in the files people already have."""

__version__ = "0.1.0"
