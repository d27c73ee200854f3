"""The files of a dataset, to the byte: where they lie, what is in them, how they are written."""
