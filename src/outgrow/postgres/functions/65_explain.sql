-- EXPLAIN QUERY PLAN: PostgreSQL's plan of a statement of PostgreSQL, line by line in the columns of SQLite's.
-- Rules: https://www.sqlite.org/eqp.html
-- Not as in SQLite: the words and the plan itself are PostgreSQL's; the ids only count.

-- `types` are those of the statement's parameters, whose values a generic plan does without.
CREATE OR REPLACE FUNCTION sqlite.explain_query_plan(statement text, types text[])
RETURNS TABLE (id bigint, parent bigint, notused bigint, detail text)
LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    asked text := statement;
    line text;
    indent_of_line integer;
    above integer[] := '{}';  -- for each line, how far it is indented
BEGIN
    IF cardinality(types) > 0 THEN
        IF EXISTS (SELECT FROM pg_catalog.pg_prepared_statements AS p WHERE p.name = 'outgrow_explained') THEN
            DEALLOCATE outgrow_explained;
        END IF;
        EXECUTE format('PREPARE outgrow_explained (%s) AS %s', array_to_string(types, ', '), statement);
        asked := format('EXECUTE outgrow_explained (%s)',
                        array_to_string(array_fill('NULL'::text, ARRAY[cardinality(types)]), ', '));
    END IF;
    id := 0;
    notused := 0;
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || asked LOOP
        id := id + 1;
        indent_of_line := length(line) - length(ltrim(line, ' '));
        detail := substr(line, indent_of_line + 1);
        IF detail LIKE '->%' THEN
            detail := ltrim(substr(detail, 3), ' ');
        END IF;
        parent := coalesce((SELECT max(a.place) FROM unnest(above) WITH ORDINALITY AS a (indent, place)
                            WHERE a.indent < indent_of_line), 0);
        above := above || indent_of_line;
        RETURN NEXT;
    END LOOP;
    IF cardinality(types) > 0 THEN
        DEALLOCATE outgrow_explained;
    END IF;
END $$;
