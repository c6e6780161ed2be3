-- The schema of SQLite's functions, whoever made it.
SELECT true AS present, has_schema_privilege(oid, 'USAGE') AS usable
FROM pg_namespace
WHERE nspname = 'sqlite'
