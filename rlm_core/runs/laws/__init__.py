"""The checks behind the invariants of a log: one function per law."""
