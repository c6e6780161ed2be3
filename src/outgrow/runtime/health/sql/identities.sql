-- Columns of a schema that a sequence feeds, by identity or by a default of nextval().
SELECT DISTINCT
    c.relname::text AS on_table,
    a.attname::text AS on_column,
    sn.nspname::text AS sequence_schema,
    s.relname::text AS sequence_name,
    q.seqincrement AS step,
    q.seqcycle AS cycles,
    least(q.seqmax, CASE a.atttypid WHEN 'smallint'::regtype THEN 32767
                                    WHEN 'integer'::regtype THEN 2147483647
                                    ELSE 9223372036854775807 END) AS most,
    has_column_privilege(c.oid, a.attnum, 'SELECT')
        AND has_schema_privilege(sn.oid, 'USAGE')
        AND has_sequence_privilege(s.oid, 'SELECT') AS readable,
    -- max() is read from the end of an index; without one only a table of less than about 80 MB is scanned
    c.relpages < 10000 OR EXISTS (
        SELECT FROM pg_index AS i
        JOIN pg_class AS x ON x.oid = i.indexrelid
        JOIN pg_am AS m ON m.oid = x.relam
        WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree'
          AND i.indkey[0] = a.attnum) AS quick
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef AS f ON f.adrelid = c.oid AND f.adnum = a.attnum
JOIN pg_depend AS d
    ON d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i'
       AND d.refobjid = c.oid AND d.refobjsubid = a.attnum AND a.attidentity <> ''
    OR d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_class AS s
    ON s.oid = CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid ELSE d.refobjid END AND s.relkind = 'S'
JOIN pg_sequence AS q ON q.seqrelid = s.oid
JOIN pg_namespace AS sn ON sn.oid = s.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  AND q.seqincrement > 0 AND NOT c.relispartition
ORDER BY 1, 2
