"""Optimisation: the loop, and the short callers that wire it."""
