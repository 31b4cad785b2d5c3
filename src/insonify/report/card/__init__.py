"""Model card and data sheet, written from the files of a run and a store."""
