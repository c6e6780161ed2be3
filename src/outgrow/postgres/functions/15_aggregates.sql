-- Aggregates: sum, total, avg, min, max and group_concat of SQLite, also over windows.
-- Stand on 00_values.sql and 10_arithmetic.sql. Rules: https://www.sqlite.org/lang_aggfunc.html
-- Reals are added one by one in the order of the rows, as SQLite did before 3.43; since then it carries
-- the rounding error along (Kahan-Babuska), which may change the last digits. Over a window whose start
-- moves, SQLite subtracts what leaves the frame; here each frame is summed anew.
-- The aggregates of plain reals use PostgreSQL's own steps: where SQLite goes to infinity, they fail, and
-- avg already where a square of a value does (beyond 1e154).

-- The sum of tagged values: '' before the first; i and the sum while all sums were below 2^53, where the
-- real sum is the same; w, the sum and the real sum beyond; o after an overflow; r and the real sum.
CREATE OR REPLACE FUNCTION sqlite.sum_step(state text, x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    n text := x;
    i bigint;
    total bigint;
    r double precision;
    form text := left(state, 1);
BEGIN
    IF n NOT LIKE 'i%' THEN
        n := sqlite.math_number(x);
        IF n IS NULL THEN
            n := sqlite.v(sqlite.real_from(x));
        END IF;
    END IF;
    IF form = 'o' THEN
        RETURN state;
    ELSIF n LIKE 'i%' AND form <> 'r' THEN
        i := substr(n, 2)::bigint;
        IF form = '' THEN
            total := 0;
            r := 0;
        ELSIF form = 'i' THEN
            total := substr(state, 2)::bigint;
            r := total;
        ELSE
            total := split_part(substr(state, 2), ' ', 1)::bigint;
            r := split_part(state, ' ', 2)::double precision;
        END IF;
        IF (CASE WHEN i >= 0 THEN total <= 9223372036854775807 - i
                 ELSE total >= '-9223372036854775808'::bigint - i END) THEN
            total := total + i;
        ELSE
            RETURN 'o';
        END IF;
        IF form <> 'w' AND total BETWEEN -9007199254740992 AND 9007199254740992 THEN
            RETURN 'i' || total;
        END IF;
        RETURN 'w' || total || ' ' || substr(sqlite.v(r + i::double precision), 2);
    END IF;
    r := CASE form WHEN '' THEN 0 WHEN 'w' THEN split_part(state, ' ', 2)::double precision
                   ELSE substr(state, 2)::double precision END;
    -- a sum that is no number (Inf - Inf) stays none
    IF r = 'NaN' THEN
        RETURN state;
    END IF;
    r := sqlite.add_reals(r, substr(n, 2)::double precision);
    RETURN coalesce(sqlite.v(r), 'rNaN');
END $$;

CREATE OR REPLACE FUNCTION sqlite.sum_end(state text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF state = 'o' THEN
        RAISE EXCEPTION 'integer overflow' USING ERRCODE = 'numeric_value_out_of_range';
    END IF;
    RETURN CASE WHEN state = '' OR state = 'rNaN' THEN NULL
                WHEN state LIKE 'w%' THEN 'i' || split_part(substr(state, 2), ' ', 1)
                ELSE state END;
END $$;

CREATE OR REPLACE AGGREGATE sqlite.sum(text) (
    SFUNC = sqlite.sum_step, STYPE = text, INITCOND = '', FINALFUNC = sqlite.sum_end, PARALLEL = SAFE
);

-- -0.0 + 0 is 0.0, and so is SQLite's sum of -0.0.
CREATE OR REPLACE FUNCTION sqlite.sum_end(state double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN state <> 'NaN' THEN state + 0 END $$;

CREATE OR REPLACE AGGREGATE sqlite.sum(double precision) (
    SFUNC = float8pl, STYPE = double precision, FINALFUNC = sqlite.sum_end, PARALLEL = SAFE
);

-- An overflow is PostgreSQL's error "bigint out of range".
CREATE OR REPLACE AGGREGATE sqlite.sum(bigint) (
    SFUNC = int8pl, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE sqlite.sum(integer) (
    SFUNC = int4_sum, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE sqlite.sum(smallint) (
    SFUNC = int2_sum, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE sqlite.total(double precision) (
    SFUNC = float8pl, STYPE = double precision, INITCOND = '0', FINALFUNC = sqlite.sum_end, PARALLEL = SAFE
);

CREATE OR REPLACE FUNCTION sqlite.total_step(state double precision, x text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF state = 'NaN' THEN
        RETURN state;
    END IF;
    RETURN coalesce(sqlite.add_reals(state, sqlite.real_from(x)), 'NaN');
END $$;

CREATE OR REPLACE AGGREGATE sqlite.total(text) (
    SFUNC = sqlite.total_step, STYPE = double precision, INITCOND = '0', FINALFUNC = sqlite.sum_end,
    PARALLEL = SAFE
);

CREATE OR REPLACE FUNCTION sqlite.avg_step(state double precision[], x text) RETURNS double precision[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN ARRAY[state[1] + 1, sqlite.total_step(state[2], x), 0];
END $$;

CREATE OR REPLACE FUNCTION sqlite.avg_end(state double precision[]) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF state[1] = 0 OR state[2] = 'NaN' THEN
        RETURN NULL;
    END IF;
    RETURN sqlite.divide_reals(state[2] + 0, state[1]);
END $$;

-- bigint and integer arrive here too, by the implicit cast.
CREATE OR REPLACE AGGREGATE sqlite.avg(double precision) (
    SFUNC = float8_accum, STYPE = double precision[], INITCOND = '{0,0,0}', FINALFUNC = sqlite.avg_end,
    PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE sqlite.avg(text) (
    SFUNC = sqlite.avg_step, STYPE = double precision[], INITCOND = '{0,0,0}', FINALFUNC = sqlite.avg_end,
    PARALLEL = SAFE
);

-- min and max: of equals the first

CREATE OR REPLACE FUNCTION sqlite.max_step(state text, x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN sqlite.compare(state, x) < 0 THEN x ELSE state END;
END $$;

CREATE OR REPLACE FUNCTION sqlite.min_step(state text, x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN sqlite.compare(state, x) > 0 THEN x ELSE state END;
END $$;

CREATE OR REPLACE FUNCTION sqlite.max_step(state text, x text, collation_name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF state = '' OR sqlite.key(state, collation_name) < sqlite.key(x, collation_name) THEN
        RETURN x;
    END IF;
    RETURN state;
END $$;

CREATE OR REPLACE FUNCTION sqlite.min_step(state text, x text, collation_name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF state = '' OR sqlite.key(state, collation_name) > sqlite.key(x, collation_name) THEN
        RETURN x;
    END IF;
    RETURN state;
END $$;

CREATE OR REPLACE FUNCTION sqlite.extreme_end(state text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT nullif(state, '') $$;

CREATE OR REPLACE AGGREGATE sqlite.max(text) (SFUNC = sqlite.max_step, STYPE = text, PARALLEL = SAFE);

CREATE OR REPLACE AGGREGATE sqlite.min(text) (SFUNC = sqlite.min_step, STYPE = text, PARALLEL = SAFE);

CREATE OR REPLACE AGGREGATE sqlite.max(text, text) (
    SFUNC = sqlite.max_step, STYPE = text, INITCOND = '', FINALFUNC = sqlite.extreme_end, PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE sqlite.min(text, text) (
    SFUNC = sqlite.min_step, STYPE = text, INITCOND = '', FINALFUNC = sqlite.extreme_end, PARALLEL = SAFE
);

-- group_concat: the values are gathered as they are and joined once

CREATE OR REPLACE FUNCTION sqlite.group_concat_end(state text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg(sqlite.text_from(e), ',' ORDER BY n) FROM unnest(state) WITH ORDINALITY AS u (e, n)
$$;

CREATE OR REPLACE AGGREGATE sqlite.group_concat(text) (
    SFUNC = array_append, STYPE = text[], INITCOND = '{}', FINALFUNC = sqlite.group_concat_end,
    PARALLEL = SAFE
);

-- The separator of a row stands before its value. This one copies what it has for every row; PostgreSQL's
-- string_agg(sqlite.text_from(x), sqlite.text_from(separator)) has the same rules and does not.
CREATE OR REPLACE FUNCTION sqlite.group_concat_step(state text, x text, separator text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF x IS NULL THEN
        RETURN state;
    ELSIF state IS NULL THEN
        RETURN sqlite.text_from(x);
    END IF;
    RETURN state || coalesce(sqlite.text_from(separator), '') || sqlite.text_from(x);
END $$;

CREATE OR REPLACE AGGREGATE sqlite.group_concat(text, text) (
    SFUNC = sqlite.group_concat_step, STYPE = text, PARALLEL = SAFE
);

-- DISTINCT: of values that the collation equates the first counts, in the order in which they come.

CREATE OR REPLACE FUNCTION sqlite.first_of_each(given text[], collation_name text) RETURNS SETOF text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT e FROM (
        SELECT DISTINCT ON (sqlite.key(e, collation_name)) e, n
        FROM unnest(given) WITH ORDINALITY AS u (e, n) WHERE e IS NOT NULL
        ORDER BY sqlite.key(e, collation_name), n
    ) AS firsts ORDER BY n
$$;

CREATE OR REPLACE FUNCTION sqlite.sum_of_each(given text[], collation_name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT sqlite.sum(e) FROM sqlite.first_of_each($1, $2) AS e $$;

CREATE OR REPLACE FUNCTION sqlite.total_of_each(given text[], collation_name text) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT sqlite.total(e) FROM sqlite.first_of_each($1, $2) AS e $$;

CREATE OR REPLACE FUNCTION sqlite.avg_of_each(given text[], collation_name text) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT sqlite.avg(e) FROM sqlite.first_of_each($1, $2) AS e $$;

CREATE OR REPLACE FUNCTION sqlite.joined_of_each(given text[], collation_name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg(sqlite.text_from(e), ',') FROM sqlite.first_of_each($1, $2) AS e
$$;

-- The elements without their repetitions, in the order in which SQLite's DISTINCT meets them; `keys`, of the
-- same length, says which are the same.
CREATE OR REPLACE FUNCTION sqlite.first_seen(elements text[], keys text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(q.element ORDER BY q.place)
    FROM (
        SELECT DISTINCT ON (u.key) u.element, u.place
        FROM unnest(elements, keys) WITH ORDINALITY AS u (element, key, place) ORDER BY u.key, u.place
    ) AS q
$$;
