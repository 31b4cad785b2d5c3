"""The same work on many files: processes, limits, clusters."""
