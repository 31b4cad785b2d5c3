"""Readers: a file becomes a recording."""
