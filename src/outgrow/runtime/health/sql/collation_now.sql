-- Since PostgreSQL 15: the version of the database's collation that is installed now.
SELECT pg_database_collation_actual_version(oid) AS version
FROM pg_database
WHERE datname = current_database()
