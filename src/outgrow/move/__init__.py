"""The walk, one file per verb; the only package that joins both sides."""
