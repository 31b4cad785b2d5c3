"""From a checkpoint to its use: heads learnt on the spot, and rendered video."""
