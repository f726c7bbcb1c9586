"""Why a node was or was not chosen where no formula decided: its rank among its alternatives, by the structure of the search.

Plain tables, for the page Explore and for the page that replays a run offline.
"""
