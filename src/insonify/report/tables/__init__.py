"""Predictions to numbers: figures, intervals, tests, and tables of them."""
