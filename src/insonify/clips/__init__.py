"""Store to batches: which frames make a clip, and reading many of them at once."""
