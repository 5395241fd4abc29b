"""The verbs as functions, free of flags and terminals."""
