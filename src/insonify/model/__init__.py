"""Clip to features to output; knows tensors, not files of ultrasound."""
