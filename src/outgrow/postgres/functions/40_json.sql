-- SQLite's JSON functions (https://www.sqlite.org/json1.html) on JSON text, by PostgreSQL's type json, which
-- keeps order, duplicates and spelling. The rules are 3.40's, strict RFC 8259, newer ones where those are
-- amiss: labels also match by their decoded text, edits see earlier edits, `->` takes a text as one label.
-- Impossible: NUL (ends the text, as in 3.40), half a surrogate pair (U+FFFD). PostgreSQL 14 and 15 have
-- their own words for malformed JSON: catching that error would rule out parallel queries.

-- Whether this server can try JSON without an error. It is a constant of the server, so that PL/pgSQL folds
-- it; the calls behind it are not planned where it is false.
CREATE OR REPLACE FUNCTION sqlite._json_can_try() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT pg_catalog.current_setting('server_version_num')::integer >= 160000
$$;

-- Whether a text is JSON, by grammar: strings become U+0001, other values U+0002, then containers without
-- containers become values until nothing changes. For servers that cannot try it.
CREATE OR REPLACE FUNCTION sqlite._json_matches(doc text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    rest text;
    before text := '';
BEGIN
    IF doc ~ E'[\x01-\x08\x0b\x0c\x0e-\x1f]' THEN
        RETURN false;
    END IF;
    rest := regexp_replace(
        doc, E'"(?:[^"\\\\\x01-\x1f]|\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4}))*"', E'\x01', 'g'
    );
    rest := regexp_replace(
        rest, '-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null', E'\x02', 'g'
    );
    rest := translate(rest, E' \t\n\r', '');
    WHILE rest <> before LOOP
        before := rest;
        rest := regexp_replace(
            rest,
            E'\\[(?:[\x01\x02](?:,[\x01\x02])*)?\\]|\\{(?:\x01:[\x01\x02](?:,\x01:[\x01\x02])*)?\\}',
            E'\x02', 'g'
        );
    END LOOP;
    RETURN rest IN (E'\x01', E'\x02');
END
$$;

-- Raises an error unless the text is JSON.
CREATE OR REPLACE FUNCTION sqlite._json_check(doc text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF NOT sqlite._json_can_try() THEN
        PERFORM doc::json;
    ELSIF NOT pg_input_is_valid(doc, 'json') THEN
        RAISE 'malformed JSON' USING ERRCODE = 'invalid_json_text';
    END IF;
END
$$;

-- JSON whose strings, decoded, are the strings of `doc` as spelled: PostgreSQL then decodes and encodes
-- labels and strings without changing them. U+0001 and U+0002 cannot be in valid JSON.
CREATE OR REPLACE FUNCTION sqlite._json_raw(doc text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF strpos(doc, E'\\') = 0 THEN
        RETURN doc;
    END IF;
    doc := replace(replace(doc, E'\\\\', E'\x01'), E'\\"', E'\x02');
    doc := replace(doc, E'\\', E'\\\\');
    RETURN replace(replace(doc, E'\x01', E'\\\\\\\\'), E'\x02', E'\\\\\\"');
END
$$;

-- The inverse of _json_raw.
CREATE OR REPLACE FUNCTION sqlite._json_unraw(doc text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF strpos(doc, E'\\') = 0 THEN
        RETURN doc;
    END IF;
    RETURN replace(replace(replace(doc, E'\\\\', E'\x01'), E'\\"', '"'), E'\x01', E'\\');
END
$$;

-- JSON without the white space between its tokens, spelled as it came. json_strip_nulls writes it so, in one
-- pass; the nulls hide behind a number meanwhile.
CREATE OR REPLACE FUNCTION sqlite._json_minify(doc text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    hidden constant text := '-0E-830471962';
    raw boolean;
BEGIN
    IF strpos(doc, ' ') = 0 AND strpos(doc, E'\n') = 0
        AND strpos(doc, E'\t') = 0 AND strpos(doc, E'\r') = 0
    THEN
        RETURN doc;
    END IF;
    IF strpos(doc, hidden) > 0 THEN
        RETURN regexp_replace(doc, E'("(?:[^"\\\\]|\\\\.)*")|[ \t\n\r]+', E'\\1', 'g');
    END IF;
    raw := strpos(doc, E'\\') > 0;
    IF raw THEN
        doc := sqlite._json_raw(doc);
    END IF;
    IF strpos(doc, 'null') = 0 THEN
        doc := json_strip_nulls(doc::json)::text;
    ELSE
        doc := replace(json_strip_nulls(replace(doc, 'null', hidden)::json)::text, hidden, 'null');
    END IF;
    RETURN CASE WHEN raw THEN sqlite._json_unraw(doc) ELSE doc END;
END
$$;

-- The text of a JSON string, given with its quotes.
CREATE OR REPLACE FUNCTION sqlite._json_unescape(quoted text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF strpos(quoted, E'\\') = 0 THEN
        RETURN substr(quoted, 2, length(quoted) - 2);
    END IF;
    IF strpos(quoted, E'\\u') > 0 AND quoted ~ E'\\\\u(?:0000|[dD][89a-fA-F])' THEN
        quoted := replace(quoted, E'\\\\', E'\x01');
        IF strpos(quoted, E'\\u0000') > 0 THEN
            quoted := left(quoted, strpos(quoted, E'\\u0000') - 1) || '"';
        END IF;
        quoted := regexp_replace(
            quoted, E'\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F])', E'\uFFFD', 'g'
        );
        quoted := regexp_replace(
            quoted, E'(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\uFFFD', 'g'
        );
        quoted := replace(quoted, E'\x01', E'\\\\');
    END IF;
    RETURN quoted::json #>> '{}';
END
$$;

-- A JSON number that SQLite reads as a real, tagged; too large is infinite, too small is zero.
CREATE OR REPLACE FUNCTION sqlite._json_real(number text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    exponent numeric;
    size numeric;
BEGIN
    IF length(number) > 250 OR number ~ '[eE][-+]?[0-9]{3}' THEN
        IF number !~ '^[^eE]*[1-9]' THEN
            RETURN CASE WHEN left(number, 1) = '-' THEN 'r-0' ELSE 'r0' END;
        END IF;
        exponent := coalesce(substring(number FROM '[eE][+]?(-?[0-9]+)$')::numeric, 0);
        IF abs(exponent) < 400 + length(number) THEN
            size := abs(number::numeric);
        END IF;
        IF size >= 1.797693134862315807e308 OR size IS NULL AND exponent > 0 THEN
            RETURN CASE WHEN left(number, 1) = '-' THEN 'r-Infinity' ELSE 'rInfinity' END;
        ELSIF size <= 2.4703282292062327e-324 OR size IS NULL THEN
            RETURN CASE WHEN left(number, 1) = '-' THEN 'r-0' ELSE 'r0' END;
        END IF;
    END IF;
    RETURN sqlite.v(number::double precision);
END
$$;

-- The SQL value, tagged, of a JSON value without white space around it.
CREATE OR REPLACE FUNCTION sqlite._json_value(doc text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    first text := left(doc, 1);
BEGIN
    IF first = '"' THEN
        IF strpos(doc, E'\\') = 0 THEN
            RETURN 't' || substr(doc, 2, length(doc) - 2);
        END IF;
        RETURN 't' || sqlite._json_unescape(doc);
    ELSIF first = '{' OR first = '[' THEN
        RETURN 't' || sqlite._json_minify(doc);
    ELSIF first = 't' THEN
        RETURN 'i1';
    ELSIF first = 'f' THEN
        RETURN 'i0';
    ELSIF first = 'n' OR doc IS NULL THEN
        RETURN NULL;
    ELSIF translate(doc, '.eE', '') <> doc THEN
        RETURN sqlite._json_real(doc);
    ELSIF length(doc) < 19 THEN
        RETURN 'i' || doc::bigint::text;
    ELSIF length(doc) < 21 AND doc::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
        RETURN 'i' || doc;
    END IF;
    RETURN sqlite._json_real(doc);
END
$$;

-- What json_type says of a JSON value without white space before it.
CREATE OR REPLACE FUNCTION sqlite._json_type(doc text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE left($1, 1)
    WHEN '{' THEN 'object'
    WHEN '[' THEN 'array'
    WHEN '"' THEN 'text'
    WHEN 't' THEN 'true'
    WHEN 'f' THEN 'false'
    WHEN 'n' THEN 'null'
    ELSE CASE WHEN translate($1, '.eE', '') = $1 THEN 'integer' WHEN $1 IS NOT NULL THEN 'real' END
END
$$;

-- The steps of a path: `.label`, `[N`, `#N` (N from the end, `#0` is behind the last), and where it is
-- malformed one last step `!` with the kind of the step and the path: SQLite complains only when it gets
-- there.
CREATE OR REPLACE FUNCTION sqlite._json_steps(path text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    steps text[] := '{}';
    rest text := substr(path, 2);
    label text;
    found text[];
    size integer;
BEGIN
    IF path IS NULL THEN
        RETURN NULL;
    ELSIF left(path, 1) <> '$' THEN
        RETURN ARRAY['!!' || path];
    END IF;
    WHILE rest <> '' LOOP
        IF left(rest, 2) = '."' THEN
            size := strpos(substr(rest, 3), '"');
            IF size = 0 THEN
                RETURN steps || ('!.' || path);
            END IF;
            steps := steps || ('.' || substr(rest, 3, size - 1));
            rest := substr(rest, size + 3);
        ELSIF left(rest, 1) = '.' THEN
            label := substring(rest FROM E'^[.]([^.\\[]+)');
            IF label IS NULL THEN
                RETURN steps || ('!.' || path);
            END IF;
            steps := steps || ('.' || label);
            rest := substr(rest, length(label) + 2);
        ELSE
            found := regexp_match(rest, E'^(\\[(?:([0-9]+)|#(?:-([0-9]+))?)\\])');
            IF found IS NULL THEN
                RETURN steps || ('!' || CASE WHEN left(rest, 2) = '[#' THEN '#' ELSE '!' END || path);
            END IF;
            steps := steps || coalesce('[' || found[2], '#' || coalesce(found[3], '0'));
            rest := substr(rest, length(found[1]) + 1);
        END IF;
    END LOOP;
    RETURN steps;
END
$$;

-- A path as the argument of PostgreSQL's #>, where that can mean the same; else NULL.
CREATE OR REPLACE FUNCTION sqlite._json_keys(path text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    keys text[] := '{}';
    step text;
BEGIN
    IF path IS NULL THEN
        RETURN NULL;
    END IF;
    FOREACH step IN ARRAY sqlite._json_steps(path) LOOP
        IF left(step, 1) = '.' AND step !~ E'^\\.\\s*[-+]?[0-9]+$|["\\\\\x01-\x1f]' THEN
            keys := keys || substr(step, 2);
        ELSIF step ~ '^[[#]0*[0-9]{1,9}$' AND step !~ '^#0*$' THEN
            keys := keys || (CASE left(step, 1) WHEN '#' THEN '-' ELSE '' END || substr(step, 2)::integer);
        ELSE
            RETURN NULL;
        END IF;
    END LOOP;
    RETURN keys;
END
$$;

-- Labels of a path, quoted: where JSON has one of them twice, #> may find the wrong one.
CREATE OR REPLACE FUNCTION sqlite._json_labels(path text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT coalesce(array_agg(DISTINCT '"' || substr(s.step, 2) || '"'), '{}')
FROM unnest(sqlite._json_steps($1)) AS s (step) WHERE left(s.step, 1) = '.'
$$;

-- Indexes of a path, quoted: where JSON has one of them as a label, #> may take an object for an array.
CREATE OR REPLACE FUNCTION sqlite._json_indexes(path text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT coalesce(array_agg(DISTINCT '"' || k.key || '"'), '{}')
FROM unnest(sqlite._json_keys($1)) AS k (key) WHERE k.key ~ '^-?[0-9]+$'
$$;

-- Whether a label, spelled as in JSON, is the label of a path.
CREATE OR REPLACE FUNCTION sqlite._json_is_label(spelled text, label text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT $1 = $2 OR strpos($1, E'\\') > 0 AND sqlite._json_unescape('"' || $1 || '"') = $2
$$;

CREATE OR REPLACE FUNCTION sqlite._json_bad_path(path text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RAISE 'bad JSON path: %', '''' || replace(path, '''', '''''') || ''''
        USING ERRCODE = 'invalid_parameter_value';
END
$$;

-- The JSON value at a path, step by step; `doc` is raw, and so is the result.
CREATE OR REPLACE FUNCTION sqlite._json_walk(doc json, path text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    step text;
    label text;
    kind text;
    at numeric;
BEGIN
    IF path IS NULL THEN
        RETURN NULL;
    END IF;
    FOREACH step IN ARRAY sqlite._json_steps(path) LOOP
        kind := json_typeof(doc);
        label := substr(step, 2);
        CASE left(step, 1)
        WHEN '.' THEN
            IF kind <> 'object' THEN
                RETURN NULL;
            END IF;
            IF strpos(doc::text, E'\\') = 0 AND split_part(doc::text, '"' || label || '"', 3) = '' THEN
                doc := doc -> label;
            ELSE
                doc := (
                    SELECT e.value FROM json_each(doc) AS e WHERE sqlite._json_is_label(e.key, label) LIMIT 1
                );
            END IF;
        WHEN '!' THEN
            IF left(label, 1) = '!' OR left(label, 1) = '.' AND kind = 'object'
                OR left(label, 1) = '#' AND kind = 'array'
            THEN
                PERFORM sqlite._json_bad_path(substr(label, 2));
            END IF;
            RETURN NULL;
        ELSE
            IF kind <> 'array' THEN
                RETURN NULL;
            END IF;
            at := label::numeric;
            IF left(step, 1) = '#' THEN
                at := json_array_length(doc) - at;
            END IF;
            IF at NOT BETWEEN 0 AND 2147483647 THEN
                RETURN NULL;
            END IF;
            doc := doc -> at::integer;
        END CASE;
        IF doc IS NULL THEN
            RETURN NULL;
        END IF;
    END LOOP;
    RETURN btrim(doc::text, E' \t\n\r');
END
$$;

-- The JSON value at a path, or the array of those at several paths. The last three arguments are _json_keys,
-- _json_labels and _json_indexes of the first path, made by the caller so that the planner folds them.
CREATE OR REPLACE FUNCTION sqlite._json_find(
    doc text, paths text[], keys text[], labels text[], indexes text[]
) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    sure boolean := keys IS NOT NULL AND cardinality(paths) = 1;
    item text;
    list text := '';
BEGIN
    IF doc IS NULL THEN
        RETURN NULL;
    END IF;
    IF sqlite._json_can_try() THEN
        IF NOT pg_input_is_valid(doc, 'json') THEN
            RAISE 'malformed JSON' USING ERRCODE = 'invalid_json_text';
        END IF;
    END IF;
    IF sure AND strpos(doc, E'\\u') > 0 THEN
        -- halves of pairs and NUL are errors to PostgreSQL; an ASCII letter may spell the label another way
        sure := doc !~ E'\\\\u(?:00[0-7]|[dD][89a-fA-F])' AND octet_length(keys::text) = length(keys::text);
    END IF;
    IF sure THEN
        FOREACH item IN ARRAY labels LOOP
            IF split_part(doc, item, 3) <> '' THEN
                sure := false;
                EXIT;
            END IF;
        END LOOP;
        FOREACH item IN ARRAY indexes LOOP
            IF strpos(doc, item) > 0 THEN
                sure := false;
                EXIT;
            END IF;
        END LOOP;
        IF sure THEN
            item := (doc::json #> keys)::text;
            RETURN CASE WHEN cardinality(keys) = 0 THEN btrim(item, E' \t\n\r') ELSE item END;
        END IF;
    END IF;
    doc := sqlite._json_raw(doc);
    IF cardinality(paths) = 1 THEN
        RETURN sqlite._json_unraw(sqlite._json_walk(doc::json, paths[1]));
    END IF;
    FOREACH item IN ARRAY paths LOOP
        list := list || ',' || coalesce(sqlite._json_minify(
            sqlite._json_unraw(sqlite._json_walk(doc::json, item))), 'null');
    END LOOP;
    RETURN '[' || substr(list, 2) || ']';
END
$$;

-- The path that the right side of -> and ->> means.
CREATE OR REPLACE FUNCTION sqlite._json_arrow_path(right_side text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    value text := substr(right_side, 2);
BEGIN
    IF left(right_side, 1) = 'i' THEN
        RETURN CASE WHEN left(value, 1) = '-' THEN '$[#' || value || ']' ELSE '$[' || value || ']' END;
    ELSIF left(right_side, 1) IN ('r', 'b') THEN
        value := sqlite.text_from(right_side);
    END IF;
    IF left(value, 1) = '$' OR value = '' THEN
        RETURN value;
    ELSIF left(value, 1) = '[' AND right(value, 1) = ']' AND length(value) > 2 THEN
        RETURN '$' || value;
    END IF;
    RETURN '$."' || value || '"';
END
$$;

CREATE OR REPLACE FUNCTION sqlite.json(doc text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    PERFORM sqlite._json_check(doc);
    RETURN sqlite._json_minify(doc);
END
$$;

CREATE OR REPLACE FUNCTION sqlite.json_valid(doc text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF sqlite._json_can_try() THEN
        RETURN pg_input_is_valid(doc, 'json')::integer;
    END IF;
    RETURN sqlite._json_matches(doc)::integer;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.json_type(doc text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._json_type(sqlite._json_find($1, ARRAY['$'], '{}', '{}', '{}'))
$$;

CREATE OR REPLACE FUNCTION sqlite.json_type(doc text, path text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._json_type(sqlite._json_find(
    $1, ARRAY[$2], sqlite._json_keys($2), sqlite._json_labels($2), sqlite._json_indexes($2)))
$$;

CREATE OR REPLACE FUNCTION sqlite._json_length(doc text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN left(doc, 1) = '[' THEN json_array_length(doc::json) WHEN doc IS NOT NULL THEN 0 END;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.json_array_length(doc text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._json_length(sqlite._json_find($1, ARRAY['$'], '{}', '{}', '{}'))
$$;

CREATE OR REPLACE FUNCTION sqlite.json_array_length(doc text, path text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._json_length(sqlite._json_find(
    $1, ARRAY[$2], sqlite._json_keys($2), sqlite._json_labels($2), sqlite._json_indexes($2)))
$$;

CREATE OR REPLACE FUNCTION sqlite.json_extract(doc text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT NULL::text
$$;

CREATE OR REPLACE FUNCTION sqlite.json_extract(doc text, VARIADIC paths text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._json_value(sqlite._json_find(
    $1, $2, sqlite._json_keys($2[1]), sqlite._json_labels($2[1]), sqlite._json_indexes($2[1])))
$$;

-- A result of json_extract as the argument of another JSON function: arrays and objects are JSON there.
CREATE OR REPLACE FUNCTION sqlite._json_argument(doc text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN left(doc, 1) IN ('{', '[') THEN 'j' || sqlite._json_minify(doc)
        ELSE sqlite._json_value(doc) END;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.json_extract_argument(doc text, VARIADIC paths text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._json_argument(sqlite._json_find(
    $1, $2, sqlite._json_keys($2[1]), sqlite._json_labels($2[1]), sqlite._json_indexes($2[1])))
$$;

CREATE OR REPLACE FUNCTION sqlite.json_arrow(doc text, right_side text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._json_minify(sqlite._json_find(
    $1, ARRAY[sqlite._json_arrow_path($2)], sqlite._json_keys(sqlite._json_arrow_path($2)),
    sqlite._json_labels(sqlite._json_arrow_path($2)), sqlite._json_indexes(sqlite._json_arrow_path($2))))
$$;

CREATE OR REPLACE FUNCTION sqlite.json_arrow_text(doc text, right_side text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._json_value(sqlite._json_find(
    $1, ARRAY[sqlite._json_arrow_path($2)], sqlite._json_keys(sqlite._json_arrow_path($2)),
    sqlite._json_labels(sqlite._json_arrow_path($2)), sqlite._json_indexes(sqlite._json_arrow_path($2))))
$$;

CREATE OR REPLACE FUNCTION sqlite.json_quote(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE left(value, 1)
        WHEN 't' THEN to_json(substr(value, 2))::text
        WHEN 'r' THEN sqlite.text_of(substr(value, 2)::double precision)
        WHEN 'b' THEN sqlite._json_no_blob()
        ELSE coalesce(substr(value, 2), 'null')
    END;
END
$$;

CREATE OR REPLACE FUNCTION sqlite._json_no_blob() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RAISE 'JSON cannot hold BLOB values' USING ERRCODE = 'invalid_parameter_value';
END
$$;

CREATE OR REPLACE FUNCTION sqlite._json_array_of(items text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN '[' || coalesce((
        SELECT string_agg(sqlite.json_quote(i.item), ',') FROM unnest(items) AS i (item)
    ), '') || ']';
END
$$;

CREATE OR REPLACE FUNCTION sqlite.json_array() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT '[]'
$$;

CREATE OR REPLACE FUNCTION sqlite.json_array(VARIADIC items text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    item text;
    list text := '';
BEGIN
    FOREACH item IN ARRAY items LOOP
        list := list || ',' || sqlite.json_quote(item);
    END LOOP;
    RETURN '[' || substr(list, 2) || ']';
END
$$;

CREATE OR REPLACE FUNCTION sqlite.json_object() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT '{}'
$$;

CREATE OR REPLACE FUNCTION sqlite.json_object(VARIADIC members text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    list text := '';
BEGIN
    IF cardinality(members) % 2 = 1 THEN
        RAISE 'json_object() requires an even number of arguments' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR i IN 1 .. cardinality(members) BY 2 LOOP
        IF coalesce(left(members[i], 1) NOT IN ('t', 'j'), true) THEN
            RAISE 'json_object() labels must be TEXT' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        list := list || ',' || sqlite.json_member(substr(members[i], 2), members[i + 1]);
    END LOOP;
    RETURN '{' || substr(list, 2) || '}';
END
$$;

-- JSON, raw, that json_set makes where the rest of a path, from step `n`, leads to nothing yet; NULL where
-- SQLite makes nothing.
CREATE OR REPLACE FUNCTION sqlite._json_create(steps text[], n integer, value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    step text := steps[n];
BEGIN
    IF n > cardinality(steps) THEN
        RETURN sqlite._json_raw(sqlite.json_quote(value));
    ELSIF left(step, 1) = '.' THEN
        RETURN '{' || sqlite._json_raw(to_json(substr(step, 2))::text) || ':'
            || sqlite._json_create(steps, n + 1, value) || '}';
    ELSIF step = '[0' THEN
        RETURN '[' || sqlite._json_create(steps, n + 1, value) || ']';
    ELSIF left(step, 2) = '!.' THEN
        PERFORM sqlite._json_bad_path(substr(step, 3));
    END IF;
    RETURN NULL;
END
$$;

-- Minified raw JSON with one edit from step `n` on. Aggregates over functions see the rows in their order,
-- and sorting them once more would take longer than the rest. `action` is set, insert, replace or remove;
-- removing the whole gives NULL.
CREATE OR REPLACE FUNCTION sqlite._json_edit(doc text, steps text[], n integer, action text, value text)
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    step text := steps[n];
    kind text := left(doc, 1);
    labels text[];
    items text[];
    size integer;
    at numeric;
    made text;
BEGIN
    IF n > cardinality(steps) THEN
        RETURN CASE action
            WHEN 'insert' THEN doc
            WHEN 'remove' THEN NULL
            ELSE sqlite._json_raw(sqlite.json_quote(value))
        END;
    ELSIF left(step, 1) = '!' THEN
        IF substr(step, 2, 1) = '!' OR substr(step, 2, 1) = '.' AND kind = '{'
            OR substr(step, 2, 1) = '#' AND kind = '['
        THEN
            PERFORM sqlite._json_bad_path(substr(step, 3));
        END IF;
        RETURN doc;
    ELSIF left(step, 1) = '.' THEN
        IF kind <> '{' THEN
            RETURN doc;
        END IF;
        SELECT array_agg(e.key), array_agg(e.value::text), count(*) INTO labels, items, size
        FROM json_each(doc::json) AS e;
        IF strpos(doc, E'\\') = 0 THEN
            at := array_position(labels, substr(step, 2));
        ELSE
            SELECT min(l.ord) INTO at FROM unnest(labels) WITH ORDINALITY AS l (label, ord)
            WHERE sqlite._json_is_label(l.label, substr(step, 2));
        END IF;
        at := coalesce(at, size + 1);
    ELSE
        IF kind <> '[' THEN
            RETURN doc;
        END IF;
        SELECT array_agg(e.value::text), count(*) INTO items, size FROM json_array_elements(doc::json) AS e;
        at := substr(step, 2)::numeric + 1;
        IF left(step, 1) = '#' THEN
            at := size + 2 - at;
        END IF;
        IF at NOT BETWEEN 1 AND size + 1 THEN
            RETURN doc;
        END IF;
    END IF;
    IF at > size THEN
        IF action IN ('replace', 'remove') THEN
            RETURN doc;
        END IF;
        made := sqlite._json_create(steps, n + 1, value);
        IF made IS NULL THEN
            RETURN doc;
        END IF;
        IF kind = '{' THEN
            made := sqlite._json_raw(to_json(substr(step, 2))::text) || ':' || made;
        END IF;
        RETURN left(doc, -1) || CASE WHEN size > 0 THEN ',' ELSE '' END || made || right(doc, 1);
    END IF;
    items[at::integer] := sqlite._json_edit(items[at::integer], steps, n + 1, action, value);
    IF kind = '{' THEN
        RETURN '{' || coalesce((
            SELECT string_agg(to_json(i.label)::text || ':' || i.item, ',')
            FROM unnest(labels, items) AS i (label, item)
        ), '') || '}';
    END IF;
    -- removing leaves NULL, which string_agg and array_to_string leave out
    RETURN '[' || array_to_string(items, ',') || ']';
END
$$;

CREATE OR REPLACE FUNCTION sqlite._json_edits(doc text, action text, pairs text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF cardinality(pairs) % 2 = 1 THEN
        RAISE '%', 'json_' || action || '() needs an odd number of arguments'
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF doc IS NULL THEN
        RETURN NULL;
    END IF;
    doc := sqlite._json_raw(sqlite.json(doc));
    FOR i IN 1 .. cardinality(pairs) BY 2 LOOP
        IF pairs[i] IS NOT NULL THEN
            doc := sqlite._json_edit(
                doc, sqlite._json_steps(sqlite._json_path_from(pairs[i])), 1, action, pairs[i + 1]);
        END IF;
    END LOOP;
    RETURN sqlite._json_unraw(doc);
END
$$;

-- The path that a tagged value is.
CREATE OR REPLACE FUNCTION sqlite._json_path_from(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN left(value, 1) IN ('t', 'j') THEN substr(value, 2) ELSE sqlite.text_from(value) END;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.json_set(doc text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite.json($1)
$$;

CREATE OR REPLACE FUNCTION sqlite.json_set(doc text, VARIADIC pairs text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._json_edits($1, 'set', $2)
$$;

CREATE OR REPLACE FUNCTION sqlite.json_insert(doc text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite.json($1)
$$;

CREATE OR REPLACE FUNCTION sqlite.json_insert(doc text, VARIADIC pairs text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._json_edits($1, 'insert', $2)
$$;

CREATE OR REPLACE FUNCTION sqlite.json_replace(doc text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite.json($1)
$$;

CREATE OR REPLACE FUNCTION sqlite.json_replace(doc text, VARIADIC pairs text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._json_edits($1, 'replace', $2)
$$;

CREATE OR REPLACE FUNCTION sqlite.json_remove(doc text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite.json($1)
$$;

CREATE OR REPLACE FUNCTION sqlite.json_remove(doc text, VARIADIC paths text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    path text;
BEGIN
    IF doc IS NULL THEN
        RETURN NULL;
    END IF;
    doc := sqlite._json_raw(sqlite.json(doc));
    FOREACH path IN ARRAY paths LOOP
        IF path IS NULL OR path = '$' THEN
            RETURN NULL;
        END IF;
        doc := sqlite._json_edit(doc, sqlite._json_steps(path), 1, 'remove', NULL);
    END LOOP;
    RETURN sqlite._json_unraw(doc);
END
$$;

-- RFC 7396 on minified raw JSON.
CREATE OR REPLACE FUNCTION sqlite._json_merge(target text, patch text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    spelled text[] := '{}';
    labels text[] := '{}';
    items text[] := '{}';
    member record;
    label text;
    at integer;
BEGIN
    IF left(patch, 1) <> '{' THEN
        RETURN patch;
    END IF;
    IF left(target, 1) = '{' AND target <> '{}' THEN
        SELECT array_agg(e.key), array_agg(e.value::text),
               array_agg(sqlite._json_unescape('"' || e.key || '"'))
        INTO spelled, items, labels
        FROM json_each(target::json) AS e;
    END IF;
    FOR member IN SELECT e.key, e.value::text AS value FROM json_each(patch::json) AS e LOOP
        label := sqlite._json_unescape('"' || member.key || '"');
        at := array_position(labels, label);
        IF member.value = 'null' THEN
            IF at IS NOT NULL THEN
                labels[at] := NULL;
                items[at] := NULL;
            END IF;
        ELSIF at IS NULL THEN
            spelled := spelled || member.key;
            labels := labels || label;
            items := items || sqlite._json_merge('{}', member.value);
        ELSE
            items[at] := sqlite._json_merge(items[at], member.value);
        END IF;
    END LOOP;
    RETURN '{' || coalesce((
        SELECT string_agg(to_json(i.label)::text || ':' || i.item, ',')
        FROM unnest(spelled, items) AS i (label, item)
    ), '') || '}';
END
$$;

CREATE OR REPLACE FUNCTION sqlite.json_patch(target text, patch text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF target IS NULL THEN
        RETURN NULL;
    END IF;
    target := sqlite.json(target);
    IF patch IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN sqlite._json_unraw(sqlite._json_merge(
        sqlite._json_raw(target), sqlite._json_raw(sqlite.json(patch))));
END
$$;

CREATE OR REPLACE AGGREGATE sqlite.json_group_array(text) (
    SFUNC = array_append,
    STYPE = text[],
    FINALFUNC = sqlite._json_array_of,
    INITCOND = '{}',
    PARALLEL = SAFE
);

-- A member of an object, as JSON. Without a label it is left out, as since 3.44; before, the result was
-- malformed.
CREATE OR REPLACE FUNCTION sqlite.json_member(label text, value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN to_json(label)::text || ':' || sqlite.json_quote(value);
END
$$;

CREATE OR REPLACE FUNCTION sqlite._json_add_member(members text, label text, value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN label IS NULL THEN members
        ELSE members || ',' || (to_json(label)::text || ':' || sqlite.json_quote(value)) END;
END
$$;

CREATE OR REPLACE FUNCTION sqlite._json_object_of(members text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT '{' || substr($1, 2) || '}'
$$;

CREATE OR REPLACE FUNCTION sqlite._json_object_of(members text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN '{' || array_to_string(members, ',') || '}';
END
$$;

-- Copies what it has for every row: for groups of many thousands there is the form with json_member.
CREATE OR REPLACE AGGREGATE sqlite.json_group_object(text, text) (
    SFUNC = sqlite._json_add_member,
    STYPE = text,
    FINALFUNC = sqlite._json_object_of,
    INITCOND = '',
    PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE sqlite.json_group_object(text) (
    SFUNC = array_append,
    STYPE = text[],
    FINALFUNC = sqlite._json_object_of,
    INITCOND = '{}',
    PARALLEL = SAFE
);

-- A label, spelled as in JSON, as a step of fullkey.
CREATE OR REPLACE FUNCTION sqlite._json_step(spelled text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN $1 ~ '^[A-Za-z][A-Za-z0-9]*$' THEN '.' || $1 ELSE '."' || $1 || '"' END
$$;

-- Columns as SQLite's, but for id: rows are numbered from 1, the only row of a scalar is 0.
CREATE OR REPLACE FUNCTION sqlite.json_each(doc text, root text)
RETURNS TABLE (
    key text, value text, type text, atom text, id bigint, parent bigint, fullkey text, path text
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 20 AS $$
#variable_conflict use_column
DECLARE
    whole text := sqlite._json_find($1, ARRAY[$2], NULL, NULL, NULL);
BEGIN
    IF left(whole, 1) = '[' THEN
        RETURN QUERY
        SELECT 'i' || (e.ord - 1), i.value, i.type,
               CASE WHEN i.type NOT IN ('array', 'object') THEN i.value END,
               e.ord, NULL::bigint, $2 || '[' || (e.ord - 1) || ']', $2
        FROM json_array_elements(sqlite._json_raw(whole)::json) WITH ORDINALITY AS e (item, ord)
        CROSS JOIN LATERAL (SELECT sqlite._json_unraw(e.item::text) AS item OFFSET 0) AS t
        CROSS JOIN LATERAL (
            SELECT sqlite._json_value(t.item) AS value, sqlite._json_type(t.item) AS type OFFSET 0
        ) AS i;
    ELSIF left(whole, 1) = '{' THEN
        RETURN QUERY
        SELECT 't' || sqlite._json_unescape('"' || e.label || '"'), i.value, i.type,
               CASE WHEN i.type NOT IN ('array', 'object') THEN i.value END,
               e.ord, NULL::bigint, $2 || sqlite._json_step(e.label), $2
        FROM json_each(sqlite._json_raw(whole)::json) WITH ORDINALITY AS e (label, item, ord)
        CROSS JOIN LATERAL (SELECT sqlite._json_unraw(e.item::text) AS item OFFSET 0) AS t
        CROSS JOIN LATERAL (
            SELECT sqlite._json_value(t.item) AS value, sqlite._json_type(t.item) AS type OFFSET 0
        ) AS i;
    ELSIF whole IS NOT NULL THEN
        RETURN QUERY
        SELECT NULL::text, sqlite._json_value(whole), sqlite._json_type(whole), sqlite._json_value(whole),
               0::bigint, NULL::bigint, $2, $2;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.json_each(doc text)
RETURNS TABLE (
    key text, value text, type text, atom text, id bigint, parent bigint, fullkey text, path text
)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 20 AS $$
SELECT * FROM sqlite.json_each($1, '$')
$$;

-- Columns as SQLite's; id counts values and labels in their order, as 3.40 does, from 0 at the root.
CREATE OR REPLACE FUNCTION sqlite.json_tree(doc text, root text)
RETURNS TABLE (
    key text, value text, type text, atom text, id bigint, parent bigint, fullkey text, path text
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 100 AS $$
#variable_conflict use_column
DECLARE
    step text := (sqlite._json_steps($2))[cardinality(sqlite._json_steps($2))];
    -- what is still to be shown, the next one last: raw JSON, place of its container, label or index
    docs text[];
    parents bigint[] := '{NULL}';
    labels text[] := '{NULL}';
    keys text[];
    fullkeys text[];
    paths text[];
    item text;
    n integer := 1;
    next bigint := 0;
    member record;
BEGIN
    item := sqlite._json_find($1, ARRAY[root], NULL, NULL, NULL);
    IF item IS NULL THEN
        RETURN;
    END IF;
    docs := ARRAY[sqlite._json_raw(sqlite._json_minify(item))];
    fullkeys := ARRAY[root];
    paths := ARRAY[
        CASE WHEN step IS NULL THEN root
        ELSE regexp_replace(root, E'([.]("[^"]*"|[^.\\[]*)|\\[[^\\]]*\\])$', '') END
    ];
    keys := ARRAY[CASE left(step, 1)
        WHEN '.' THEN 't' || substr(step, 2)
        WHEN '[' THEN 'i' || substr(step, 2)::bigint
        WHEN '#' THEN 'i' || sqlite.json_array_length($1, paths[1]) - substr(step, 2)::bigint
    END];
    WHILE n > 0 LOOP
        item := sqlite._json_unraw(docs[n]);
        key := keys[n];
        type := sqlite._json_type(item);
        parent := parents[n];
        fullkey := fullkeys[n];
        path := paths[n];
        IF labels[n] IS NOT NULL THEN
            next := next + 1;
        END IF;
        id := next;
        next := next + 1;
        IF type IN ('array', 'object') THEN
            value := 't' || item;
            atom := NULL;
        ELSE
            value := sqlite._json_value(item);
            atom := value;
        END IF;
        RETURN NEXT;
        item := docs[n];
        n := n - 1;
        IF type = 'array' THEN
            FOR member IN
                SELECT e.value, e.ord - 1 AS at
                FROM json_array_elements(item::json) WITH ORDINALITY AS e (value, ord) ORDER BY e.ord DESC
            LOOP
                n := n + 1;
                docs[n] := member.value::text;
                parents[n] := id;
                labels[n] := NULL;
                keys[n] := 'i' || member.at;
                fullkeys[n] := fullkey || '[' || member.at || ']';
                paths[n] := fullkey;
            END LOOP;
        ELSIF type = 'object' THEN
            FOR member IN
                SELECT e.label, e.value
                FROM json_each(item::json) WITH ORDINALITY AS e (label, value, ord) ORDER BY e.ord DESC
            LOOP
                n := n + 1;
                docs[n] := member.value::text;
                parents[n] := id;
                labels[n] := member.label;
                keys[n] := 't' || sqlite._json_unescape('"' || member.label || '"');
                fullkeys[n] := fullkey || sqlite._json_step(member.label);
                paths[n] := fullkey;
            END LOOP;
        END IF;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.json_tree(doc text)
RETURNS TABLE (
    key text, value text, type text, atom text, id bigint, parent bigint, fullkey text, path text
)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 100 AS $$
SELECT * FROM sqlite.json_tree($1, '$')
$$;
