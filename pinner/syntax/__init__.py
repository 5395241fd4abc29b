"""Text to exact spans, knowing no format: YAML events and scalars, Dockerfile instructions."""
