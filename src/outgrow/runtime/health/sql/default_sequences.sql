-- Sequences that a default of nextval() of a schema's tables needs and this session's user may not use.
-- An identity needs no privilege.
SELECT DISTINCT sn.nspname::text AS schema, s.relname::text AS name, c.relname::text AS on_table
FROM pg_attrdef AS f
JOIN pg_class AS c ON c.oid = f.adrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_depend AS d
    ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_class AS s ON s.oid = d.refobjid
JOIN pg_namespace AS sn ON sn.oid = s.relnamespace
WHERE n.nspname = %(schema)s
  -- CASE, because the function fails for what is no sequence
  AND CASE WHEN s.relkind = 'S' THEN NOT has_sequence_privilege(s.oid, 'USAGE') END
ORDER BY 1, 2
