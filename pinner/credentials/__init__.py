"""Where credentials come from: values and an ordered chain of sources."""
