"""Files to clean videos: the only room that opens a source file."""
