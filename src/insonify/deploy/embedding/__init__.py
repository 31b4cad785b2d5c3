"""Features of frames: of every frame of a store, kept beside it, or of any frames."""
