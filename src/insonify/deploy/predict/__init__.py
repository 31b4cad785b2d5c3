"""Predictions on recordings and live sources: frames → probabilities."""
