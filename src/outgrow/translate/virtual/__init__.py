"""Virtual tables: searches of full text, R*Trees and vectors, and what their tables take as commands."""
