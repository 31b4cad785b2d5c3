"""Frames that look alike, found among all frames of a store."""
