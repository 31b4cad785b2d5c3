"""Whole studies: many runs, one question, tables beside what others published."""
