"""Features of every frame of a store, kept beside the frames."""
