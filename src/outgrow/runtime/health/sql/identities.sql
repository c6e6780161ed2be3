-- Columns of a schema that a sequence feeds, by identity or by a default of nextval().
WITH fed AS (
    SELECT d.refobjid AS relation, d.refobjsubid AS attribute, d.objid AS sequence
    FROM pg_depend AS d
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i'
      AND d.refobjsubid > 0
    UNION
    SELECT f.adrelid, f.adnum, d.refobjid
    FROM pg_attrdef AS f
    JOIN pg_depend AS d
        ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
)
SELECT
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
FROM fed
JOIN pg_sequence AS q ON q.seqrelid = fed.sequence
JOIN pg_class AS s ON s.oid = fed.sequence
JOIN pg_namespace AS sn ON sn.oid = s.relnamespace
JOIN pg_class AS c ON c.oid = fed.relation
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = fed.relation AND a.attnum = fed.attribute
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p') AND NOT a.attisdropped
  AND q.seqincrement > 0 AND NOT c.relispartition
ORDER BY 1, 2
