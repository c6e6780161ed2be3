-- Encoding and collation of the database. Columns of pg_database that came after PostgreSQL 14 are read
-- through JSON, so that one text serves all versions.
SELECT
    d.datname::text AS database,
    pg_encoding_to_char(d.encoding)::text AS encoding,
    CASE to_jsonb(d) ->> 'datlocprovider' WHEN 'b' THEN 'builtin' WHEN 'i' THEN 'ICU' ELSE 'libc' END AS provider,
    coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', d.datcollate::text) AS locale,
    CASE to_jsonb(d) ->> 'datlocprovider'
        WHEN 'b' THEN true
        WHEN 'i' THEN false
        -- libc, in PostgreSQL 14 the only one: C.UTF-8 and C.utf8 sort by code point
        ELSE lower(replace(d.datcollate, '-', '')) IN ('c', 'posix', 'c.utf8')
    END AS bytewise,
    to_jsonb(d) ->> 'datcollversion' AS recorded
FROM pg_database AS d
WHERE d.datname = current_database()
