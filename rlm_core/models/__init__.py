"""Models: the policy protocol, the batched engine, and loaders for local models."""
