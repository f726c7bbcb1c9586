"""Long chains of thought: thinking space, budget forcing, backtracking, self-correction, tool use, effort.

A technique that is a strategy of its own is a file here with a module-level `SEARCH`, found as those in `rlm_core.search` are.
"""
