"""What a finished run would have done with other settings, as far as its log tells without generating anything.

`recompute.what_if` replays the log beside itself: every decision is made twice, as it was and with the changed settings, until the first
one that comes out differently. From there on the search would have gone elsewhere, and the log says nothing of nodes it never grew.
"""
