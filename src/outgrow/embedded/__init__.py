"""A PostgreSQL of outgrow's own, for those who have none; POSIX only, since it speaks over a socket."""
