"""The Debug tab of a run: why its answer is wrong, what other settings would have changed, the oracle, and invariants."""
