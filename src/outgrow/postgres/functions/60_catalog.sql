-- Catalog: sqlite_master and the pragmas that describe a schema, as SQLite answered before the move. The rows
-- are those that outgrow.postgres.source_schema keeps in the schema outgrow, one set per target schema.
-- Rules: https://www.sqlite.org/schematab.html and https://www.sqlite.org/pragma.html
-- Not as in SQLite: what is made later is not here; a broken view, or a table whose module is missing, has no
-- columns instead of an error; table-valued functions of SQLite itself (json_each) are not described.

-- Read from the catalog, because to_regclass() fails in a schema that the user may not enter.
CREATE OR REPLACE FUNCTION sqlite.keeps(table_name text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'outgrow' AND c.relname = $1
)
$$;

-- The name under which a table is kept, in lower case (ASCII); the catalog of `temp` is like that of `main`
CREATE OR REPLACE FUNCTION sqlite.kept_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN lower($1 COLLATE "C") IN ('sqlite_master', 'sqlite_temp_master', 'sqlite_temp_schema')
            THEN 'sqlite_schema' ELSE lower($1 COLLATE "C") END
$$;

CREATE OR REPLACE FUNCTION sqlite.sqlite_master(target text)
RETURNS TABLE (type text, name text, tbl_name text, rootpage bigint, sql text)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF sqlite.keeps('sqlite_master') THEN
        RETURN QUERY EXECUTE
            'SELECT m.type, m.name, m.tbl_name, m.rootpage, m.sql FROM outgrow.sqlite_master AS m
             WHERE m.schema = $1 ORDER BY m.position'
            USING target;
    END IF;
END $$;

-- With a name as with PRAGMA table_list(name), which knows the catalog only as sqlite_master.
CREATE OR REPLACE FUNCTION sqlite.pragma_table_list(target text, table_name text DEFAULT NULL)
RETURNS TABLE (schema text, name text, type text, ncol bigint, wr bigint, strict bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF sqlite.keeps('sqlite_tables') THEN
        RETURN QUERY EXECUTE
            'SELECT t.source_schema, t.name, t.type, t.ncol, t.wr, t.strict FROM outgrow.sqlite_tables AS t
             WHERE t.schema = $1
               AND ($2 IS NULL
                    OR lower($2 COLLATE "C") =
                        CASE t.name WHEN ''sqlite_schema'' THEN ''sqlite_master''
                                    WHEN ''sqlite_temp_schema'' THEN ''sqlite_temp_master''
                                    ELSE lower(t.name COLLATE "C") END)
             ORDER BY t.position'
            USING target, table_name;
    END IF;
END $$;

-- Without the hidden and the generated columns, and numbered without them.
CREATE OR REPLACE FUNCTION sqlite.pragma_table_info(target text, table_name text)
RETURNS TABLE (cid bigint, name text, type text, "notnull" bigint, dflt_value text, pk bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF sqlite.keeps('sqlite_columns') THEN
        RETURN QUERY EXECUTE
            'SELECT row_number() OVER (ORDER BY c.cid) - 1, c.name, c.type, c."notnull", c.dflt_value, c.pk
             FROM outgrow.sqlite_columns AS c
             WHERE c.schema = $1 AND lower(c.table_name COLLATE "C") = $2 AND c.hidden = 0
             ORDER BY c.cid'
            USING target, sqlite.kept_name(table_name);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION sqlite.pragma_table_xinfo(target text, table_name text)
RETURNS TABLE (cid bigint, name text, type text, "notnull" bigint, dflt_value text, pk bigint, hidden bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF sqlite.keeps('sqlite_columns') THEN
        RETURN QUERY EXECUTE
            'SELECT c.cid, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
             FROM outgrow.sqlite_columns AS c
             WHERE c.schema = $1 AND lower(c.table_name COLLATE "C") = $2
             ORDER BY c.cid'
            USING target, sqlite.kept_name(table_name);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION sqlite.pragma_index_list(target text, table_name text)
RETURNS TABLE (seq bigint, name text, "unique" bigint, origin text, partial bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF sqlite.keeps('sqlite_indexes') THEN
        RETURN QUERY EXECUTE
            'SELECT i.seq, i.name, i."unique", i.origin, i.partial FROM outgrow.sqlite_indexes AS i
             WHERE i.schema = $1 AND lower(i.table_name COLLATE "C") = $2
             ORDER BY i.seq'
            USING target, sqlite.kept_name(table_name);
    END IF;
END $$;

-- The name of a table WITHOUT ROWID stands for its primary key, here and in pragma_index_xinfo.
CREATE OR REPLACE FUNCTION sqlite.pragma_index_info(target text, index_name text)
RETURNS TABLE (seqno bigint, cid bigint, name text)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF sqlite.keeps('sqlite_index_columns') THEN
        RETURN QUERY EXECUTE
            'SELECT c.seqno, c.cid, c.name FROM outgrow.sqlite_index_columns AS c
             WHERE c.schema = $1 AND lower(c.index_name COLLATE "C") = $2 AND c."key" = 1
             ORDER BY c.seqno'
            USING target, sqlite.kept_name(index_name);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION sqlite.pragma_index_xinfo(target text, index_name text)
RETURNS TABLE (seqno bigint, cid bigint, name text, "desc" bigint, coll text, "key" bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF sqlite.keeps('sqlite_index_columns') THEN
        RETURN QUERY EXECUTE
            'SELECT c.seqno, c.cid, c.name, c."desc", c.coll, c."key" FROM outgrow.sqlite_index_columns AS c
             WHERE c.schema = $1 AND lower(c.index_name COLLATE "C") = $2
             ORDER BY c.seqno'
            USING target, sqlite.kept_name(index_name);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION sqlite.pragma_foreign_key_list(target text, table_name text)
RETURNS TABLE (id bigint, seq bigint, "table" text, "from" text, "to" text, on_update text, on_delete text,
               match text)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF sqlite.keeps('sqlite_foreign_keys') THEN
        RETURN QUERY EXECUTE
            'SELECT f.id, f.seq, f."table", f."from", f."to", f.on_update, f.on_delete, f.match
             FROM outgrow.sqlite_foreign_keys AS f
             WHERE f.schema = $1 AND lower(f.table_name COLLATE "C") = $2
             ORDER BY f.id, f.seq'
            USING target, sqlite.kept_name(table_name);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION sqlite.kept_setting(target text, setting text) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1 AS $$
BEGIN
    IF sqlite.keeps('sqlite_settings') THEN
        RETURN QUERY EXECUTE
            'SELECT s.value FROM outgrow.sqlite_settings AS s WHERE s.schema = $1 AND s.name = $2'
            USING target, setting;
    END IF;
END $$;

-- What PRAGMA user_version and application_id set. Whoever may not write to outgrow.sqlite_settings may not set.
CREATE OR REPLACE FUNCTION sqlite.keep_setting(target text, setting text, new_value text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    UPDATE outgrow.sqlite_settings AS s SET value = $3 WHERE s.schema = $1 AND s.name = $2;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'schema % holds no move by outgrow that could keep %', $1, $2;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION sqlite.pragma_user_version(target text) RETURNS TABLE (user_version bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
SELECT s::bigint FROM sqlite.kept_setting($1, 'user_version') AS s
$$;

CREATE OR REPLACE FUNCTION sqlite.pragma_application_id(target text) RETURNS TABLE (application_id bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
SELECT s::bigint FROM sqlite.kept_setting($1, 'application_id') AS s
$$;
