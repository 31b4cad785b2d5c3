"""Which frames are worth a label, and what the labels so far have taught."""
