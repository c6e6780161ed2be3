-- Arithmetic: operators on tagged values (see 00_values.sql), numeric scalar functions, mathematics.
-- Stands on 00_values.sql. Real results may be infinite as in SQLite, where PostgreSQL's own operators
-- fail; what is no number there (NaN) is NULL.
-- Rules: https://www.sqlite.org/lang_expr.html, lang_corefunc.html and lang_mathfunc.html

-- reals, without PostgreSQL's errors on overflow, underflow and division by zero

CREATE OR REPLACE FUNCTION sqlite.add_reals(x double precision, y double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    result double precision;
BEGIN
    IF abs(x) < 8e307 AND abs(y) < 8e307 THEN
        RETURN x + y;
    ELSIF abs(x) = 'Infinity' OR abs(y) = 'Infinity' THEN
        result := x + y;
        RETURN CASE WHEN result <> 'NaN' THEN result END;
    END IF;
    result := CASE WHEN abs(x) < 1 THEN 0 ELSE x * 0.5 END + CASE WHEN abs(y) < 1 THEN 0 ELSE y * 0.5 END;
    IF abs(result) >= 8.98846567431158e307 THEN
        RETURN CASE WHEN result < 0 THEN '-Infinity' ELSE 'Infinity' END;
    END IF;
    RETURN result * 2;
END $$;

CREATE OR REPLACE FUNCTION sqlite.multiply_reals(x double precision, y double precision)
RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    half_scale CONSTANT double precision := 1.3407807929942597e154;  -- 2^512
    big double precision;
    small double precision;
    result double precision;
BEGIN
    IF abs(x) < 1e154 AND abs(y) < 1e154 AND abs(x) > 1e-154 AND abs(y) > 1e-154 THEN
        RETURN x * y;
    END IF;
    big := greatest(abs(x), abs(y));
    small := least(abs(x), abs(y));
    IF big >= 1 AND small <= 1 OR small = 0 OR big = 'Infinity' THEN
        result := x * y;
        RETURN CASE WHEN result <> 'NaN' THEN result END;
    ELSIF big > 1 THEN
        result := (big / half_scale) * (small / half_scale);
        result := CASE WHEN result >= 1 THEN 'Infinity' ELSE result * half_scale * half_scale END;
    ELSIF ln(big) + ln(small) > -708 THEN  -- the product is normal
        result := big * small;
    ELSIF ln(big) + ln(small) < -746 THEN
        result := 0;
    ELSE
        result := sqlite.real_of_exact(sqlite.exact(big) * sqlite.exact(small));
    END IF;
    RETURN CASE WHEN (x < 0) <> (y < 0) THEN -result ELSE result END;
END $$;

-- The real nearest a positive number, subnormal or zero where it is too small for less.
CREATE OR REPLACE FUNCTION sqlite.real_of_exact(x numeric) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN x <= 2.47032822920623272088284396434110686183e-324 THEN 0 ELSE x::double precision END
$$;

CREATE OR REPLACE FUNCTION sqlite.divide_reals(x double precision, y double precision)
RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    a double precision := abs(x);
    b double precision := abs(y);
    size double precision;  -- natural logarithm of the result
    result double precision;
BEGIN
    IF b = 0 THEN
        RETURN NULL;
    ELSIF a < 1e154 AND b < 1e154 AND a > 1e-154 AND b > 1e-154 THEN
        RETURN x / y;
    ELSIF a = 0 OR a = 'Infinity' OR b = 'Infinity' THEN
        result := x / y;
        RETURN CASE WHEN result <> 'NaN' THEN result END;
    END IF;
    size := ln(a) - ln(b);
    IF size > 710 THEN
        result := 'Infinity';
    ELSIF size > 708 THEN
        result := (a / 1.2676506002282294e+30) / b;  -- 2^100
        result := CASE WHEN result >= 1.418129833677085e+278 THEN 'Infinity'  -- 2^924
                       ELSE result * 1.2676506002282294e+30 END;
    ELSIF size > -708 THEN
        result := a / b;
    ELSIF size > -746 THEN
        -- A quotient halfway between two subnormals has 1075 decimals, and they all count.
        result := sqlite.real_of_exact(div(sqlite.exact(a) * 1e1080, sqlite.exact(b)) * 1e-1080);
    ELSE
        result := 0;
    END IF;
    RETURN CASE WHEN (x < 0) <> (y < 0) THEN -result ELSE result END;
END $$;

-- integers; what 64 bits cannot hold becomes real

CREATE OR REPLACE FUNCTION sqlite.add_integers(x bigint, y bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN CASE WHEN y >= 0 THEN x <= 9223372036854775807 - y
                          ELSE x >= '-9223372036854775808'::bigint - y END
                THEN 'i' || (x + y)::text
                ELSE sqlite.v(x::double precision + y::double precision) END
$$;

CREATE OR REPLACE FUNCTION sqlite.subtract_integers(x bigint, y bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN CASE WHEN y <= 0 THEN x <= 9223372036854775807 + y
                          ELSE x >= '-9223372036854775808'::bigint + y END
                THEN 'i' || (x - y)::text
                ELSE sqlite.v(x::double precision - y::double precision) END
$$;

CREATE OR REPLACE FUNCTION sqlite.multiply_integers(x bigint, y bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN x BETWEEN -2147483648 AND 2147483647 AND y BETWEEN -2147483648 AND 2147483647
                    THEN 'i' || (x * y)::text
                WHEN x::numeric * y BETWEEN -9223372036854775808 AND 9223372036854775807
                    THEN 'i' || (x::numeric * y)::text
                ELSE sqlite.v(x::double precision * y::double precision) END
$$;

-- tagged values

CREATE OR REPLACE FUNCTION sqlite.add(x text, y text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    a text := sqlite.number_from(x);
    b text := sqlite.number_from(y);
    i bigint;
    j bigint;
    r double precision;
BEGIN
    IF a LIKE 'i%' AND b LIKE 'i%' THEN
        i := substr(a, 2)::bigint;
        j := substr(b, 2)::bigint;
        RETURN sqlite.add_integers(i, j);
    END IF;
    r := sqlite.add_reals(substr(a, 2)::double precision, substr(b, 2)::double precision);
    RETURN sqlite.v(r);
END $$;

CREATE OR REPLACE FUNCTION sqlite.subtract(x text, y text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    a text := sqlite.number_from(x);
    b text := sqlite.number_from(y);
    i bigint;
    j bigint;
    r double precision;
BEGIN
    IF a LIKE 'i%' AND b LIKE 'i%' THEN
        i := substr(a, 2)::bigint;
        j := substr(b, 2)::bigint;
        RETURN sqlite.subtract_integers(i, j);
    END IF;
    r := sqlite.add_reals(substr(a, 2)::double precision, -(substr(b, 2)::double precision));
    RETURN sqlite.v(r);
END $$;

CREATE OR REPLACE FUNCTION sqlite.multiply(x text, y text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    a text := sqlite.number_from(x);
    b text := sqlite.number_from(y);
    i bigint;
    j bigint;
    r double precision;
BEGIN
    IF a LIKE 'i%' AND b LIKE 'i%' THEN
        i := substr(a, 2)::bigint;
        j := substr(b, 2)::bigint;
        RETURN sqlite.multiply_integers(i, j);
    END IF;
    r := sqlite.multiply_reals(substr(a, 2)::double precision, substr(b, 2)::double precision);
    RETURN sqlite.v(r);
END $$;

CREATE OR REPLACE FUNCTION sqlite.divide(x text, y text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    a text := sqlite.number_from(x);
    b text := sqlite.number_from(y);
    i bigint;
    j bigint;
    r double precision;
BEGIN
    IF a LIKE 'i%' AND b LIKE 'i%' THEN
        i := substr(a, 2)::bigint;
        j := substr(b, 2)::bigint;
        IF j = 0 THEN
            RETURN NULL;
        ELSIF j <> -1 THEN
            RETURN 'i' || i / j;
        END IF;
        RETURN sqlite.subtract_integers(0, i);
    END IF;
    r := sqlite.divide_reals(substr(a, 2)::double precision, substr(b, 2)::double precision);
    RETURN sqlite.v(r);
END $$;

-- Both sides as integers by CAST ('1e5' is 1); the result is real where an operand of + would be.
CREATE OR REPLACE FUNCTION sqlite.remainder(x text, y text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    i bigint := sqlite.integer_from(x);
    j bigint := sqlite.integer_from(y);
    result bigint;
BEGIN
    IF j = 0 THEN
        RETURN NULL;
    END IF;
    result := CASE j WHEN -1 THEN 0 ELSE i % j END;
    IF sqlite.number_from(x) LIKE 'i%' AND sqlite.number_from(y) LIKE 'i%' THEN
        RETURN 'i' || result;
    END IF;
    RETURN sqlite.v(result::double precision);
END $$;

CREATE OR REPLACE FUNCTION sqlite.negate(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT sqlite.subtract('i0', x) $$;

-- bits

CREATE OR REPLACE FUNCTION sqlite.bit_and(x bigint, y bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT x & y $$;

CREATE OR REPLACE FUNCTION sqlite.bit_or(x bigint, y bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT x | y $$;

CREATE OR REPLACE FUNCTION sqlite.bit_not(x bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT ~x $$;

CREATE OR REPLACE FUNCTION sqlite.shift_left(x bigint, y bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN y BETWEEN 0 AND 63 THEN x << y::integer
                WHEN y > 63 THEN x * 0
                WHEN y < -63 THEN x >> 63
                ELSE x >> (-y)::integer END
$$;

CREATE OR REPLACE FUNCTION sqlite.shift_right(x bigint, y bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN y BETWEEN 0 AND 63 THEN x >> y::integer
                WHEN y > 63 THEN x >> 63
                WHEN y < -63 THEN x * 0
                ELSE x << (-y)::integer END
$$;

-- scalar functions

CREATE OR REPLACE FUNCTION sqlite.abs(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    r double precision;
BEGIN
    IF x LIKE 'i%' THEN
        IF x = 'i-9223372036854775808' THEN
            RAISE EXCEPTION 'integer overflow' USING ERRCODE = 'numeric_value_out_of_range';
        END IF;
        RETURN 'i' || ltrim(substr(x, 2), '-');
    END IF;
    r := sqlite.real_from(x);
    RETURN sqlite.v(CASE WHEN r < 0 THEN -r ELSE r END);
END $$;

-- NULL for what is no number; a text is one where all of it is.
CREATE OR REPLACE FUNCTION sqlite.sign(x text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    n text := sqlite.numeric_affinity(x);
BEGIN
    RETURN CASE WHEN n LIKE 'i%' OR n LIKE 'r%' THEN pg_catalog.sign(substr(n, 2)::double precision) END;
END $$;

CREATE OR REPLACE FUNCTION sqlite.round(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN x BETWEEN -4503599627370496 AND 4503599627370496
                THEN pg_catalog.trunc(x + CASE WHEN x < 0 THEN -0.5 ELSE 0.5 END) + 0
                ELSE x END
$$;

-- 3.40 prints the value with "%.*f" and reads it back: half a unit of the last place is added, and a hair
-- of the value so that 1.005 counts as a tie, then the digits are cut, after sixteen at the latest.
CREATE OR REPLACE FUNCTION sqlite.round(x double precision, places bigint) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    n integer := least(greatest(places, 0), 30);
    size double precision := pg_catalog.abs(x);
    rounder double precision;
    z numeric;
    cut numeric;
    bits integer;
    ten integer;
    said text;
BEGIN
    IF n = 0 OR size > 4503599627370496 THEN
        RETURN sqlite.round(x);
    ELSIF n < 11 AND size BETWEEN 1e-4 AND 1e9 AND size * ('1e' || n)::double precision < 1e13 THEN
        -- decided by the shortest decimal, unless the sum lies too near a digit's end
        z := substr(sqlite.v(size), 2)::numeric;
        z := (z * 1.0000000000000003 + ('5e-' || n + 1)::numeric) * ('1e' || n)::numeric;
        cut := pg_catalog.trunc(z);
        IF z - cut BETWEEN z * 1.3e-16 AND 1 - z * 1.3e-16 THEN
            size := (cut || 'e-' || n)::double precision;
            RETURN CASE WHEN x < 0 THEN -size ELSE size END;
        END IF;
    END IF;
    rounder := ('5e-' || n % 10 + 1)::double precision;
    FOR i IN 1..n / 10 LOOP
        rounder := rounder * 1.0e-10::double precision;
    END LOOP;
    -- the exponent of the value in base 2 decides whether the hair is added
    bits := (('x' || encode(float8send(size), 'hex'))::bit(64)::bigint >> 52)::integer - 1023;
    IF n + bits / 3 < 15 THEN
        rounder := rounder + CASE WHEN size > 1e-290 THEN size * 3e-16::double precision ELSE 0 END;
    END IF;
    z := sqlite.exact(size) + sqlite.exact(rounder);
    bits := scale(z);
    z := pg_catalog.trunc(z * pg_catalog.trunc(pg_catalog.power(2::numeric, bits)));
    said := sqlite.extended_digits(sqlite.to_extended(z), bits, 0, 16);
    ten := split_part(said, 'e', 2)::integer;
    said := left(said, least(greatest(ten + 1 + n, 0), 16));
    IF said = '' THEN
        size := 0;
    ELSE
        size := (said || 'e' || ten - length(said) + 1)::double precision;
    END IF;
    RETURN CASE WHEN x < 0 THEN -size ELSE size END;
END $$;

-- -1, 0 or 1 in SQLite's order of values, BINARY.
CREATE OR REPLACE FUNCTION sqlite.compare(x text, y text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    tag text := left(x, 1);
    a bytea;
    b bytea;
BEGIN
    IF x = y THEN
        RETURN 0;
    ELSIF tag = left(y, 1) THEN
        IF tag = 'i' THEN
            RETURN CASE WHEN substr(x, 2)::bigint < substr(y, 2)::bigint THEN -1 ELSE 1 END;
        ELSIF tag = 'r' THEN
            RETURN btfloat8cmp(substr(x, 2)::double precision, substr(y, 2)::double precision);
        END IF;
        RETURN CASE WHEN x COLLATE "C" < y COLLATE "C" THEN -1 ELSE 1 END;
    END IF;
    a := sqlite.key(x);
    b := sqlite.key(y);
    RETURN CASE WHEN a < b THEN -1 WHEN a = b THEN 0 ELSE 1 END;
END $$;

-- Of equals the first, as sqlite3's max() of several arguments has it, and for min() the last.
CREATE OR REPLACE FUNCTION sqlite.max_of(VARIADIC x text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    best text := x[1];
    other text;
BEGIN
    FOREACH other IN ARRAY x LOOP
        IF other IS NULL THEN
            RETURN NULL;
        ELSIF sqlite.compare(best, other) < 0 THEN
            best := other;
        END IF;
    END LOOP;
    RETURN best;
END $$;

CREATE OR REPLACE FUNCTION sqlite.min_of(VARIADIC x text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    best text := x[1];
    other text;
BEGIN
    FOREACH other IN ARRAY x LOOP
        IF other IS NULL THEN
            RETURN NULL;
        ELSIF sqlite.compare(best, other) >= 0 THEN
            best := other;
        END IF;
    END LOOP;
    RETURN best;
END $$;

CREATE OR REPLACE FUNCTION sqlite.max_by(collation_name text, VARIADIC x text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    best text := x[1];
    other text;
BEGIN
    FOREACH other IN ARRAY x LOOP
        IF other IS NULL THEN
            RETURN NULL;
        ELSIF sqlite.key(best, collation_name) < sqlite.key(other, collation_name) THEN
            best := other;
        END IF;
    END LOOP;
    RETURN best;
END $$;

CREATE OR REPLACE FUNCTION sqlite.min_by(collation_name text, VARIADIC x text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    best text := x[1];
    other text;
BEGIN
    FOREACH other IN ARRAY x LOOP
        IF other IS NULL THEN
            RETURN NULL;
        ELSIF sqlite.key(best, collation_name) >= sqlite.key(other, collation_name) THEN
            best := other;
        END IF;
    END LOOP;
    RETURN best;
END $$;

-- Any 64-bit integer but the least, so that abs(random()) never fails. The bits of a UUID of version 4
-- that are not fixed are random.
CREATE OR REPLACE FUNCTION sqlite.random() RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(('x' || left(gen_random_uuid()::text, 8) || right(gen_random_uuid()::text, 8)
                           )::bit(64)::bigint, '-9223372036854775808'::bigint), 0)
$$;

CREATE OR REPLACE FUNCTION sqlite.randomblob(size bigint) RETURNS bytea
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT substr(string_agg(sha256(uuid_send(gen_random_uuid())), ''::bytea), 1,
                  greatest(coalesce(size, 0), 1)::integer)
    FROM generate_series(1, (greatest(coalesce(size, 0), 1) + 31) / 32)
$$;

CREATE OR REPLACE FUNCTION sqlite.zeroblob(size bigint) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT decode(repeat('00', greatest(coalesce(size, 0), 0)::integer), 'hex')
$$;

-- mathematics: NULL outside of a function's domain

-- The number that a value is to these functions; NULL where it is none, a text unless all of it is one.
-- A text keeps its kind of number: '5' is 5 and '5.0' is 5.0.
CREATE OR REPLACE FUNCTION sqlite.math_number(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    number record;
BEGIN
    IF x LIKE 'i%' OR x LIKE 'r%' THEN
        RETURN x;
    ELSIF x LIKE 't%' THEN
        number := sqlite.read_number(substr(x, 2));
        RETURN CASE WHEN number.whole THEN number.form END;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sqlite.math_from(x text) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT substr(sqlite.math_number(x), 2)::double precision
$$;

CREATE OR REPLACE FUNCTION sqlite.acos(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN x BETWEEN -1 AND 1 THEN pg_catalog.acos(x) END
$$;

CREATE OR REPLACE FUNCTION sqlite.acosh(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT CASE WHEN x >= 1 THEN pg_catalog.acosh(x) END $$;

CREATE OR REPLACE FUNCTION sqlite.asin(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN x BETWEEN -1 AND 1 THEN pg_catalog.asin(x) END
$$;

CREATE OR REPLACE FUNCTION sqlite.asinh(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT pg_catalog.asinh(x) $$;

CREATE OR REPLACE FUNCTION sqlite.atan(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT pg_catalog.atan(x) $$;

CREATE OR REPLACE FUNCTION sqlite.atan2(y double precision, x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT pg_catalog.atan2(y, x) $$;

CREATE OR REPLACE FUNCTION sqlite.atanh(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN x BETWEEN -1 AND 1 THEN pg_catalog.atanh(x) END
$$;

CREATE OR REPLACE FUNCTION sqlite.ceil(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT pg_catalog.ceil(x) $$;

CREATE OR REPLACE FUNCTION sqlite.ceil(x bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT x $$;

CREATE OR REPLACE FUNCTION sqlite.ceil(x integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT x::bigint $$;

CREATE OR REPLACE FUNCTION sqlite.ceiling(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT pg_catalog.ceil(x) $$;

CREATE OR REPLACE FUNCTION sqlite.ceiling(x bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT x $$;

CREATE OR REPLACE FUNCTION sqlite.ceiling(x integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT x::bigint $$;

CREATE OR REPLACE FUNCTION sqlite.floor(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT pg_catalog.floor(x) $$;

CREATE OR REPLACE FUNCTION sqlite.floor(x bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT x $$;

CREATE OR REPLACE FUNCTION sqlite.floor(x integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT x::bigint $$;

CREATE OR REPLACE FUNCTION sqlite.trunc(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT pg_catalog.trunc(x) $$;

CREATE OR REPLACE FUNCTION sqlite.trunc(x bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT x $$;

CREATE OR REPLACE FUNCTION sqlite.trunc(x integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT x::bigint $$;

CREATE OR REPLACE FUNCTION sqlite.ceil(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    n text := sqlite.math_number(x);
BEGIN
    RETURN CASE WHEN n LIKE 'r%' THEN sqlite.v(pg_catalog.ceil(substr(n, 2)::double precision)) ELSE n END;
END $$;

CREATE OR REPLACE FUNCTION sqlite.ceiling(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT sqlite.ceil(x) $$;

CREATE OR REPLACE FUNCTION sqlite.floor(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    n text := sqlite.math_number(x);
BEGIN
    RETURN CASE WHEN n LIKE 'r%' THEN sqlite.v(pg_catalog.floor(substr(n, 2)::double precision)) ELSE n END;
END $$;

CREATE OR REPLACE FUNCTION sqlite.trunc(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    n text := sqlite.math_number(x);
BEGIN
    RETURN CASE WHEN n LIKE 'r%' THEN sqlite.v(pg_catalog.trunc(substr(n, 2)::double precision)) ELSE n END;
END $$;

CREATE OR REPLACE FUNCTION sqlite.cos(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN pg_catalog.abs(x) < 'Infinity' THEN pg_catalog.cos(x) END
$$;

CREATE OR REPLACE FUNCTION sqlite.cosh(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT pg_catalog.cosh(x) $$;

CREATE OR REPLACE FUNCTION sqlite.degrees(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT sqlite.multiply_reals(x, 180 / pg_catalog.pi()) $$;

CREATE OR REPLACE FUNCTION sqlite.radians(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT sqlite.multiply_reals(x, pg_catalog.pi() / 180) $$;

CREATE OR REPLACE FUNCTION sqlite.exp(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN x > 709.782712893384 THEN 'Infinity'
                WHEN x < -745.1332191019411 THEN 0
                ELSE pg_catalog.exp(x) END
$$;

CREATE OR REPLACE FUNCTION sqlite.ln(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT CASE WHEN x > 0 THEN pg_catalog.ln(x) END $$;

CREATE OR REPLACE FUNCTION sqlite.log10(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN x > 0 THEN pg_catalog.ln(x) / pg_catalog.ln(10::double precision) END
$$;

CREATE OR REPLACE FUNCTION sqlite.log(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN x > 0 THEN pg_catalog.ln(x) / pg_catalog.ln(10::double precision) END
$$;

CREATE OR REPLACE FUNCTION sqlite.log(base double precision, x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN base > 1 AND x > 0 THEN pg_catalog.ln(x) / pg_catalog.ln(base) END
$$;

CREATE OR REPLACE FUNCTION sqlite.log2(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN x > 0 THEN pg_catalog.ln(x) / pg_catalog.ln(2::double precision) END
$$;

-- fmod, which has no rounding: exact also where the quotient has more digits than a real.
CREATE OR REPLACE FUNCTION sqlite.mod(x double precision, y double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    result double precision;
BEGIN
    IF y = 0 OR pg_catalog.abs(x) = 'Infinity' THEN
        RETURN NULL;
    ELSIF pg_catalog.abs(y) > pg_catalog.abs(x) THEN
        RETURN x;
    ELSIF pg_catalog.abs(x) < 9e15 AND pg_catalog.trunc(x) = x AND pg_catalog.trunc(y) = y THEN
        result := x::bigint % y::bigint;
    ELSE
        result := sqlite.real_of_exact(
            pg_catalog.mod(sqlite.exact(pg_catalog.abs(x)), sqlite.exact(pg_catalog.abs(y))));
        IF x < 0 THEN
            result := -result;
        END IF;
    END IF;
    RETURN CASE WHEN result = 0 AND (x < 0) THEN '-0'::double precision ELSE result END;
END $$;

CREATE OR REPLACE FUNCTION sqlite.pi() RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT pg_catalog.pi() $$;

CREATE OR REPLACE FUNCTION sqlite.pow(x double precision, y double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    odd boolean := pg_catalog.abs(y) < 9007199254740992 AND y = pg_catalog.trunc(y)
        AND pg_catalog.trunc(y / 2) * 2 <> y;
    size double precision;
    result double precision;
BEGIN
    IF y = 0 OR x = 1 THEN
        RETURN 1;
    ELSIF x = 0 THEN
        result := CASE WHEN y < 0 THEN 'Infinity'::double precision ELSE 0 END;
        RETURN CASE WHEN odd AND x::text LIKE '-%' THEN -result ELSE result END;
    ELSIF pg_catalog.abs(y) = 'Infinity' THEN
        RETURN pg_catalog.power(pg_catalog.abs(x), y);
    ELSIF pg_catalog.abs(x) = 'Infinity' THEN
        result := CASE WHEN y > 0 THEN 'Infinity'::double precision ELSE 0 END;
        RETURN CASE WHEN odd AND x < 0 THEN -result ELSE result END;
    ELSIF x < 0 AND y <> pg_catalog.trunc(y) THEN
        RETURN NULL;
    END IF;
    IF pg_catalog.abs(y) < 1e-300 THEN
        RETURN 1;
    END IF;
    -- the natural logarithm of the result; far beyond the range it does not matter how far
    size := pg_catalog.ln(pg_catalog.abs(x)) * least(greatest(y, -1e300), 1e300);
    IF size > 709.78271289338 THEN
        result := 'Infinity';
    ELSIF size < -745.13321910194 THEN
        result := 0;
    ELSE
        RETURN pg_catalog.power(x, y);
    END IF;
    RETURN CASE WHEN odd AND x < 0 THEN -result ELSE result END;
END $$;

CREATE OR REPLACE FUNCTION sqlite.power(x double precision, y double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT sqlite.pow(x, y) $$;

CREATE OR REPLACE FUNCTION sqlite.sin(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN pg_catalog.abs(x) < 'Infinity' THEN pg_catalog.sin(x) END
$$;

CREATE OR REPLACE FUNCTION sqlite.sinh(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT pg_catalog.sinh(x) $$;

CREATE OR REPLACE FUNCTION sqlite.sqrt(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT CASE WHEN x >= 0 THEN pg_catalog.sqrt(x) END $$;

CREATE OR REPLACE FUNCTION sqlite.tan(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN pg_catalog.abs(x) < 'Infinity' THEN pg_catalog.tan(x) END
$$;

CREATE OR REPLACE FUNCTION sqlite.tanh(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT pg_catalog.tanh(x) $$;
