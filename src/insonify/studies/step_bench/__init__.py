"""Where the time of a pretraining step goes, and how far it is from the machine."""
