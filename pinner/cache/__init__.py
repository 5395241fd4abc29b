"""What registries answered not long ago, kept on this machine for `--max-age` (RATE-09)."""
