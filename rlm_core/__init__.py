"""RLM Explorer's core: searches, rewards, models, problems, and the event log they all speak through."""

__version__ = "0.4.0"
