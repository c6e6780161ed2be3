-- The schema of SQLite's functions, whoever made it, and what this session's user may do about it.
SELECT
    n.oid IS NOT NULL AS present,
    coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS usable,
    coalesce(pg_has_role(n.nspowner, 'USAGE'), has_database_privilege(current_database(), 'CREATE')) AS mendable
FROM (SELECT) AS always
LEFT JOIN pg_namespace AS n ON n.nspname = 'sqlite'
