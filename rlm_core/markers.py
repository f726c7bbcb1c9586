"""The marks of a long chain of thought, as the bundled model writes them.

A prompt that ends in one of `ALLOWING` permits that mark in the text that follows: "C25 2 4>46:<backtrack>".
"""

THINK, END_THINK = "<think>", "</think>"
"""Open and close the thinking space; what follows the second is the answer."""

BACKTRACK = "<backtrack>"
"""The last step that still stands leads nowhere: leave it for its parent."""

REVISE = "<revise>"
"""The step just written is false; what follows is the same step again."""

WAIT = "<wait>"
"""Look at all of it again: what follows starts from the bare problem."""

TOOL, RESULT, ERROR = "<tool>", "<result>", "<error>"
"""A call, what the tool gave back, and its word for what it cannot compute."""

STEP = "<step>"
"""Between two steps."""

ALLOWING = (THINK, BACKTRACK, REVISE, TOOL)
MARKERS = (THINK, END_THINK, BACKTRACK, REVISE, WAIT, TOOL)
"""What a step can be marked by."""

RETRACTED = (BACKTRACK, REVISE)
"""A step so marked no longer stands."""
