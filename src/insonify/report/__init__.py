"""Predictions to numbers to pages; loads no model."""
