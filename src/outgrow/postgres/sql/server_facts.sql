-- What the server and the database are, in one row. Columns of pg_database that came after
-- PostgreSQL 14 are read through JSON, so that one text serves all versions.
SELECT
    current_setting('server_version_num')::int AS version_num,
    pg_encoding_to_char(d.encoding) AS encoding,
    CASE to_jsonb(d) ->> 'datlocprovider'
        WHEN 'b' THEN true
        WHEN 'i' THEN false
        -- libc, in PostgreSQL 14 the only one: C.UTF-8 and C.utf8 sort by code point
        ELSE lower(replace(d.datcollate, '-', '')) IN ('c', 'posix', 'c.utf8')
    END AS database_collation_is_c,
    has_database_privilege(d.oid, 'CREATE') AS can_create_schema,
    current_setting('is_superuser') = 'on' AS is_superuser,
    CASE
        WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') THEN 'installed'
        WHEN EXISTS (
            SELECT
            FROM pg_available_extensions AS e
            JOIN pg_available_extension_versions AS v ON v.name = e.name AND v.version = e.default_version
            WHERE e.name = 'vector'
              AND (current_setting('is_superuser') = 'on'
                   OR v.trusted AND has_database_privilege(d.oid, 'CREATE'))
        ) THEN 'available'
    END AS pgvector,
    current_setting('wal_level') AS wal_level,
    current_setting('max_connections')::int AS max_connections,
    current_setting('TimeZone') AS timezone,
    pg_is_in_recovery() AS in_recovery,
    current_setting('default_transaction_read_only') = 'on' AS read_only,
    d.datname AS database
FROM pg_database AS d
WHERE d.datname = current_database()
