"""Published sets of ultrasound: from a local copy, as it is unpacked, to a store."""
