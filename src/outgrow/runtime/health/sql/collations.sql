-- Collations that columns of a schema sort by and whose installed version is another than when they were made.
SELECT DISTINCT
    quote_ident(n.nspname) || '.' || quote_ident(o.collname) AS name,
    o.collversion AS recorded,
    pg_collation_actual_version(o.oid) AS version
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS s ON s.oid = c.relnamespace
JOIN pg_collation AS o ON o.oid = a.attcollation
JOIN pg_namespace AS n ON n.oid = o.collnamespace
WHERE s.nspname = %(schema)s AND a.attnum > 0 AND NOT a.attisdropped
  AND o.collversion <> pg_collation_actual_version(o.oid)
ORDER BY 1
