"""One file a kind of manifest: which files it takes, and where image references stand in them."""
