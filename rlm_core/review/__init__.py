"""Code review of a diff: an effort per file, deterministic checks, candidate reviews of a model, and a process reward of their findings."""
