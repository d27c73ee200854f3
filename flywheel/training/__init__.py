"""Training brains: rows of conversations in, a folder with a language model out."""
