-- SQLite's functions on text and blobs: length, substr, instr, trim, replace, hex, quote, LIKE, GLOB.
-- Rules: https://www.sqlite.org/lang_corefunc.html and https://www.sqlite.org/lang_expr.html#like (3.40).
-- Case is folded and text is searched bytewise, hence COLLATE "C", whatever the collation of the operands.
-- Not as in SQLite: PostgreSQL's text has no NUL and no surrogates; LIKE and GLOB take patterns of more than
-- 50,000 bytes, and do not mix up U+FFFD, U+FFFE and U+FFFF.

-- The bytes of a text. convert_to is only STABLE, and an index cannot stand on that.
CREATE OR REPLACE FUNCTION sqlite.bytes_of(text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT decode(pg_catalog.replace($1 COLLATE "C", E'\\', E'\\\\'), 'escape') $$;

CREATE OR REPLACE FUNCTION sqlite.length(text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.length($1)::bigint $$;

CREATE OR REPLACE FUNCTION sqlite.length(bytea) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.length($1)::bigint $$;

CREATE OR REPLACE FUNCTION sqlite.octet_length(text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.octet_length($1)::bigint $$;

CREATE OR REPLACE FUNCTION sqlite.octet_length(bytea) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.octet_length($1)::bigint $$;

-- Where substr(X, start, count) of `size` characters starts, from 1, and how many it takes. SQLite 3.40 cuts
-- both numbers to 32 bits; `count` NULL is the form without it.
CREATE OR REPLACE FUNCTION sqlite.substr_range(
    size bigint, start bigint, count bigint, OUT first integer, OUT taken integer
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    p1 bigint := (start & 4294967295) - ((start & 2147483648) << 1);
    p2 bigint := coalesce((count & 4294967295) - ((count & 2147483648) << 1), 1000000000);
    backwards boolean := p2 < 0;
BEGIN
    p2 := pg_catalog.abs(p2);
    IF p1 < 0 THEN
        p1 := p1 + size;
        IF p1 < 0 THEN
            p2 := greatest(p2 + p1, 0);
            p1 := 0;
        END IF;
    ELSIF p1 > 0 THEN
        p1 := p1 - 1;
    ELSIF p2 > 0 THEN
        p2 := p2 - 1;
    END IF;
    IF backwards THEN
        p1 := p1 - p2;
        IF p1 < 0 THEN
            p2 := p2 + p1;
            p1 := 0;
        END IF;
    END IF;
    first := least(p1, size)::integer + 1;
    taken := greatest(least(p2, size - p1), 0);
END
$$;

CREATE OR REPLACE FUNCTION sqlite.substr_any(text, bigint, bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    span record;
BEGIN
    IF $1 IS NULL OR $2 IS NULL THEN
        RETURN NULL;
    END IF;
    span := sqlite.substr_range(pg_catalog.length($1), $2, $3);
    RETURN pg_catalog.substr($1, span.first, span.taken);
END
$$;

CREATE OR REPLACE FUNCTION sqlite.substr_any(bytea, bigint, bigint) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    span record;
BEGIN
    IF $1 IS NULL OR $2 IS NULL THEN
        RETURN NULL;
    END IF;
    span := sqlite.substr_range(pg_catalog.length($1), $2, $3);
    RETURN pg_catalog.substr($1, span.first, span.taken);
END
$$;

CREATE OR REPLACE FUNCTION sqlite.substr(text, bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE WHEN $2 > 0 AND $2 <= 2147483647 THEN pg_catalog.substr($1, $2::integer)
            ELSE sqlite.substr_any($1, $2, NULL::bigint) END
$$;

CREATE OR REPLACE FUNCTION sqlite.substr(text, bigint, bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE WHEN $2 > 0 AND $2 <= 1073741823 AND $3 >= 0 AND $3 <= 1073741823
            THEN pg_catalog.substr($1, $2::integer, $3::integer)
            WHEN $3 IS NULL THEN NULL
            ELSE sqlite.substr_any($1, $2, $3) END
$$;

-- A blob of no bytes gives NULL.
CREATE OR REPLACE FUNCTION sqlite.substr(bytea, bigint) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE WHEN pg_catalog.length($1) = 0 THEN NULL
            WHEN $2 > 0 AND $2 <= 2147483647 THEN pg_catalog.substr($1, $2::integer)
            ELSE sqlite.substr_any($1, $2, NULL::bigint) END
$$;

CREATE OR REPLACE FUNCTION sqlite.substr(bytea, bigint, bigint) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE WHEN pg_catalog.length($1) = 0 OR $3 IS NULL THEN NULL
            WHEN $2 > 0 AND $2 <= 1073741823 AND $3 >= 0 AND $3 <= 1073741823
            THEN pg_catalog.substr($1, $2::integer, $3::integer)
            ELSE sqlite.substr_any($1, $2, $3) END
$$;

CREATE OR REPLACE FUNCTION sqlite.instr(text, text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT strpos($1 COLLATE "C", $2)::bigint $$;

CREATE OR REPLACE FUNCTION sqlite.instr(bytea, bytea) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT position($2 IN $1)::bigint $$;

CREATE OR REPLACE FUNCTION sqlite.upper(text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.upper($1 COLLATE "C") $$;

CREATE OR REPLACE FUNCTION sqlite.lower(text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.lower($1 COLLATE "C") $$;

CREATE OR REPLACE FUNCTION sqlite.trim(text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.btrim($1) $$;

CREATE OR REPLACE FUNCTION sqlite.trim(text, text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.btrim($1, $2) $$;

CREATE OR REPLACE FUNCTION sqlite.ltrim(text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.ltrim($1) $$;

CREATE OR REPLACE FUNCTION sqlite.ltrim(text, text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.ltrim($1, $2) $$;

CREATE OR REPLACE FUNCTION sqlite.rtrim(text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.rtrim($1) $$;

CREATE OR REPLACE FUNCTION sqlite.rtrim(text, text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.rtrim($1, $2) $$;

-- An empty pattern gives the text even where the replacement is NULL.
CREATE OR REPLACE FUNCTION sqlite.replace(text, text, text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN $2 COLLATE "C" = '' THEN $1 ELSE pg_catalog.replace($1 COLLATE "C", $2, $3) END $$;

-- SQLite reads the two noncharacters at the end of the first plane as U+FFFD.
CREATE OR REPLACE FUNCTION sqlite.unicode(text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE ascii($1) WHEN 0 THEN NULL WHEN 65534 THEN 65533 WHEN 65535 THEN 65533 ELSE ascii($1) END::bigint
$$;

-- NULL and 0 are NUL, which is left out; what is no code point is U+FFFD, and so are surrogates, which are
-- invalid UTF-8 in SQLite.
CREATE OR REPLACE FUNCTION sqlite."char"(VARIADIC codes bigint[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT coalesce(pg_catalog.string_agg(
    CASE WHEN code <> 0 THEN
        chr(CASE WHEN code BETWEEN 1 AND 55295 OR code BETWEEN 57344 AND 1114111 THEN code ELSE 65533
            END::integer)
    END, '' ORDER BY place), '')
FROM unnest(codes) WITH ORDINALITY AS given (code, place)
$$;

CREATE OR REPLACE FUNCTION sqlite."char"() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ''::text $$;

CREATE OR REPLACE FUNCTION sqlite.hex(bytea) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT coalesce(pg_catalog.upper(encode($1, 'hex') COLLATE "C"), '') $$;

CREATE OR REPLACE FUNCTION sqlite.hex(text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT coalesce(pg_catalog.upper(encode(sqlite.bytes_of($1), 'hex') COLLATE "C"), '') $$;

CREATE OR REPLACE FUNCTION sqlite.unhex(text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN $1 COLLATE "C" ~ '^([0-9A-Fa-f]{2})*$' THEN decode($1, 'hex') END $$;

-- Characters of the second text may stand between the pairs of digits, not inside of one.
CREATE OR REPLACE FUNCTION sqlite.unhex(text, text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    ignored text := translate($2, '0123456789ABCDEFabcdef', '');
    digits text := translate($1, ignored, '');
BEGIN
    IF digits COLLATE "C" ~ '^([0-9A-Fa-f]{2})*$'
       AND (digits COLLATE "C" = $1
            OR translate($1, ignored, repeat('.', pg_catalog.length(ignored))) COLLATE "C"
               ~ '^([.]*[0-9A-Fa-f]{2})*[.]*$') THEN
        RETURN decode(digits, 'hex');
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.concat(VARIADIC "values" text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    result text := '';
    value text;
BEGIN
    FOREACH value IN ARRAY "values" LOOP
        IF value IS NOT NULL THEN
            result := result || sqlite.text_from(value);
        END IF;
    END LOOP;
    RETURN result;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.concat_ws(separator text, VARIADIC "values" text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    result text;
    value text;
BEGIN
    IF separator IS NULL THEN
        RETURN NULL;
    END IF;
    FOREACH value IN ARRAY "values" LOOP
        IF value IS NOT NULL THEN
            result := coalesce(result || separator, '') || sqlite.text_from(value);
        END IF;
    END LOOP;
    RETURN coalesce(result, '');
END
$$;

-- SQLite goes by bytes and drops the top bit, so that a byte beyond ASCII may count as a letter.
CREATE OR REPLACE FUNCTION sqlite.soundex(text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    codes CONSTANT text := '01230120022455012623010202';
    start integer := pg_catalog.length(substring($1 COLLATE "C" FROM '^[^A-Za-z]*'));
    rest bytea;
    result text;
    letter integer;
    code text COLLATE "C";
    last text COLLATE "C";
BEGIN
    IF start IS NULL OR start = pg_catalog.length($1) THEN
        RETURN '?000';
    END IF;
    rest := sqlite.bytes_of(pg_catalog.substr($1, start + 1));
    result := chr(get_byte(rest, 0) & 95);
    FOR i IN 0 .. pg_catalog.length(rest) - 1 LOOP
        letter := get_byte(rest, i) & 127;
        code := CASE WHEN letter BETWEEN 65 AND 90 OR letter BETWEEN 97 AND 122
                     THEN pg_catalog.substr(codes, letter & 31, 1) ELSE '0' END;
        IF code <> '0' AND i > 0 AND code IS DISTINCT FROM last THEN
            result := result || code;
            EXIT WHEN pg_catalog.length(result) = 4;
        END IF;
        last := code;
    END LOOP;
    RETURN rpad(result, 4, '0');
END
$$;

CREATE OR REPLACE FUNCTION sqlite.quote(tagged text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE pg_catalog.left(tagged, 1) COLLATE "C"
    WHEN 'i' THEN pg_catalog.substr(tagged, 2)
    WHEN 't' THEN '''' || pg_catalog.replace(pg_catalog.substr(tagged, 2) COLLATE "C", '''', '''''') || ''''
    WHEN 'b' THEN 'X''' || pg_catalog.upper(pg_catalog.substr(tagged, 2) COLLATE "C") || ''''
    WHEN 'r' THEN sqlite.quote_real(pg_catalog.substr(tagged, 2)::double precision)
    ELSE 'NULL' END
$$;

CREATE OR REPLACE FUNCTION sqlite."like"(pattern text, value text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT pg_catalog.lower($2 COLLATE "C")
       LIKE pg_catalog.replace(pg_catalog.lower($1 COLLATE "C"), E'\\', E'\\\\')
$$;

CREATE OR REPLACE FUNCTION sqlite.escape_error(escape text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$ BEGIN RAISE EXCEPTION 'ESCAPE expression must be a single character' USING ERRCODE = '22019'; END $$;

-- The escape character is known before case is folded. A pattern that ends in it matches nothing.
CREATE OR REPLACE FUNCTION sqlite."like"(pattern text, value text, escape text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE WHEN pg_catalog.length($3) <> 1 THEN sqlite.escape_error($3)
            WHEN $2 IS NULL THEN NULL
            WHEN (pg_catalog.length(like_escape($1, $3))
                  - pg_catalog.length(pg_catalog.rtrim(like_escape($1, $3), E'\\'))) % 2 = 1 THEN false
            ELSE pg_catalog.lower($2 COLLATE "C") LIKE pg_catalog.lower(like_escape($1, $3) COLLATE "C") END
$$;

-- The pattern as a regular expression. SQLite's sets: a `]` that comes first is a member, `-` makes a range
-- unless it is first, last or follows a range, and a set that is not closed matches nothing.
CREATE OR REPLACE FUNCTION sqlite.glob_regex(pattern text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    chars text[] COLLATE "C" := string_to_array(pattern, NULL);
    size integer := cardinality(chars);
    at integer := 1;
    c text COLLATE "C";
    prior integer;
    members text;
    inverted boolean;
    result text := '^';
BEGIN
    WHILE at <= size LOOP
        c := chars[at];
        IF c = '*' THEN
            result := result || '.*';
        ELSIF c = '?' THEN
            result := result || '.';
        ELSIF c = '[' THEN
            at := at + 1;
            inverted := coalesce(chars[at] = '^', false);
            at := at + inverted::integer;
            members := '';
            prior := NULL;
            IF chars[at] = ']' THEN
                members := E'\\u005d';
                at := at + 1;
            END IF;
            WHILE at <= size AND chars[at] <> ']' LOOP
                IF chars[at] = '-' AND prior IS NOT NULL AND at < size AND chars[at + 1] <> ']' THEN
                    at := at + 1;
                    IF ascii(chars[at]) > prior THEN
                        members := members || E'\\U' || lpad(to_hex(prior), 8, '0')
                                           || E'-\\U' || lpad(to_hex(ascii(chars[at])), 8, '0');
                    END IF;
                    prior := NULL;
                ELSE
                    prior := ascii(chars[at]);
                    members := members || E'\\U' || lpad(to_hex(prior), 8, '0');
                END IF;
                at := at + 1;
            END LOOP;
            IF at > size THEN
                RETURN '$a';  -- nothing comes after the end
            END IF;
            result := result || CASE WHEN inverted THEN '[^' ELSE '[' END || members || ']';
        ELSIF c ~ '^[0-9A-Za-z]$' OR ascii(c) > 127 THEN
            result := result || c;
        ELSE
            result := result || E'\\U' || lpad(to_hex(ascii(c)), 8, '0');
        END IF;
        at := at + 1;
    END LOOP;
    RETURN result || '$';
END
$$;

CREATE OR REPLACE FUNCTION sqlite.glob(pattern text, value text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE WHEN strpos($1 COLLATE "C", '[') > 0 THEN $2 COLLATE "C" ~ sqlite.glob_regex($1)
            ELSE $2 COLLATE "C" LIKE translate(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
                $1 COLLATE "C", E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_'), '*?', '%_') END
$$;
