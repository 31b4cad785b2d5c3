"""Numbers to one HTML page that opens without a network."""
