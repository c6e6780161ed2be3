-- Values: storage classes, text of numbers, numbers of text, casts, affinities, order and truth.
-- A value whose storage class is not known before the query runs is *tagged*: text whose first letter
-- is i (integer), r (real, PostgreSQL's shortest text), t (text) or b (lower-case hex); NULL is NULL.
-- Rules: https://www.sqlite.org/datatype3.html and https://www.sqlite.org/lang_expr.html#castexpr
-- Text cannot hold NUL here: a blob that becomes text ends before its first zero byte.

-- Significant digits that SQLite prints of a real: 15 before SQLite 3.43, 17 since.
CREATE OR REPLACE FUNCTION sqlite.real_digits() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 15 $$;

-- The shortest text that reads back, whatever extra_float_digits says; called only where it says less.
CREATE OR REPLACE FUNCTION sqlite.shortest(x double precision) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET extra_float_digits = 1 AS $$
BEGIN
    RETURN x::text;
END $$;

-- plain → tagged

CREATE OR REPLACE FUNCTION sqlite.v(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT 't' || x $$;

CREATE OR REPLACE FUNCTION sqlite.v(x bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT 'i' || x::text $$;

CREATE OR REPLACE FUNCTION sqlite.v(x integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT 'i' || x::text $$;

CREATE OR REPLACE FUNCTION sqlite.v(x smallint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT 'i' || x::text $$;

CREATE OR REPLACE FUNCTION sqlite.v(x boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT 'i' || x::integer::text $$;

CREATE OR REPLACE FUNCTION sqlite.v(x bytea) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT 'b' || encode(x, 'hex') $$;

-- The setting is asked for only to keep it out of the result. NaN, which SQLite does not have, becomes NULL
-- as there.
CREATE OR REPLACE FUNCTION sqlite.v(x double precision) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
BEGIN
    IF x = 'NaN' THEN
        RETURN NULL;
    ELSIF current_setting('extra_float_digits')::integer > 0 THEN
        RETURN 'r' || x::text;
    END IF;
    RETURN 'r' || sqlite.shortest(x);
END $$;

CREATE OR REPLACE FUNCTION sqlite.v(x numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF x = trunc(x) AND x BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
        RETURN 'i' || x::bigint;
    END IF;
    IF x::text IN ('NaN', 'Infinity', '-Infinity') THEN
        RETURN 'r' || nullif(x::text, 'NaN');
    END IF;
    RETURN sqlite.v(sqlite.cast_real(x::text));
END $$;

CREATE OR REPLACE FUNCTION sqlite.typeof(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE left(x, 1) WHEN 'i' THEN 'integer' WHEN 'r' THEN 'real' WHEN 'b' THEN 'blob'
                           WHEN 't' THEN 'text' WHEN 'j' THEN 'text' ELSE 'null' END
$$;

-- reals as text

-- The exact value of a finite real, which float8::numeric rounds to 15 digits.
CREATE OR REPLACE FUNCTION sqlite.exact(x double precision) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    bits bigint := ('x' || encode(float8send(x), 'hex'))::bit(64)::bigint;
    biased integer := (bits >> 52) & 2047;
    significand bigint := bits & 4503599627370495;
    power integer := CASE biased WHEN 0 THEN -1074 ELSE biased - 1075 END;
    result numeric;
BEGIN
    IF biased > 0 THEN
        significand := significand + 4503599627370496;
    END IF;
    WHILE significand <> 0 AND significand & 1 = 0 AND power < 0 LOOP
        significand := significand >> 1;
        power := power + 1;
    END LOOP;
    IF significand = 0 THEN
        RETURN 0;
    ELSIF power >= 0 THEN
        result := significand * trunc(power(2::numeric, power));
    ELSE
        result := (significand * trunc(power(5::numeric, -power)) || 'e' || power)::numeric;
    END IF;
    RETURN CASE WHEN bits < 0 THEN -result ELSE result END;
END $$;

-- A whole number to 64 significant bits, half to even, as x87's long double keeps it.
CREATE OR REPLACE FUNCTION sqlite.to_extended(n numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    digits text := n::text;
    unit numeric;
    q numeric;
    r numeric;
BEGIN
    IF n < 18446744073709551616 THEN
        RETURN n;
    END IF;
    unit := trunc(power(2::numeric, floor(
        ln(left(digits, 17)::double precision) * 1.4426950408889634::double precision
        + (length(digits) - 17) * 3.321928094887362::double precision)::integer - 63));
    q := div(n, unit);
    IF q >= 18446744073709551616 THEN  -- the logarithm was a hair off
        unit := unit * 2;
        q := div(n, unit);
    ELSIF q < 9223372036854775808 THEN
        unit := div(unit, 2);
        q := div(n, unit);
    END IF;
    r := (n - q * unit) * 2;
    IF r > unit OR r = unit AND q % 2 = 1 THEN
        q := q + 1;
    END IF;
    RETURN q * unit;
END $$;

-- The first significant digits of n / 2^bits, and the power of ten of the first, as 3.40's printf finds
-- them in long double; `rounder`, in units of 2^-110, is added once the value lies between 1 and 10.
CREATE OR REPLACE FUNCTION sqlite.extended_digits(n numeric, bits integer, rounder numeric, digits integer)
RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    one CONSTANT numeric := 1298074214633706907132624082305024;  -- 2^110
    unit numeric := trunc(power(2::numeric, bits));
    m numeric := n;
    ten integer := 0;
    scale numeric := 1;
    further numeric;
    result text := '';
    digit numeric;
BEGIN
    IF m >= unit THEN
        FOR step IN 0..2 LOOP
            LOOP
                further := sqlite.to_extended(scale * CASE step
                    WHEN 0 THEN ('1000000000000000015902891109759918046836080856394528'  -- the double 1e100
                                 || '1389781327557747838772170381060813469985856815104')::numeric
                    WHEN 1 THEN 10000000000 ELSE 10 END);
                EXIT WHEN m < further * unit;
                scale := further;
                ten := ten + CASE step WHEN 0 THEN 100 WHEN 1 THEN 10 ELSE 1 END;
            END LOOP;
        END LOOP;
        scale := scale * unit;
        further := div(m * one, scale);
        m := sqlite.to_extended(further * 2 + CASE WHEN further * scale < m * one THEN 1 ELSE 0 END);
        m := div(m, 2);
    ELSE
        -- 3022314549036573 / 2^78 is the double nearest 1e-8
        WHILE m * 302231454903657293676544 < 3022314549036573 * unit LOOP
            m := sqlite.to_extended(m * 100000000);
            ten := ten - 8;
        END LOOP;
        WHILE m < unit LOOP
            m := sqlite.to_extended(m * 10);
            ten := ten - 1;
        END LOOP;
        m := div(m * one, unit);
    END IF;
    IF rounder > 0 THEN
        m := sqlite.to_extended(m + rounder);
        IF m >= 10 * one THEN
            m := div(sqlite.to_extended(m * 3602879701896397), 36028797018963968);  -- the double nearest 0.1
            ten := ten + 1;
        END IF;
    END IF;
    FOR i IN 1..digits LOOP
        digit := div(m, one);
        result := result || digit;
        m := sqlite.to_extended((m - digit * one) * 10);
    END LOOP;
    RETURN result || 'e' || ten;
END $$;

-- Fifteen digits as "%!.15g" gives them; asked where the shortest text leaves open which way they round.
CREATE OR REPLACE FUNCTION sqlite.fifteen_digits(x double precision) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    v numeric := abs(sqlite.exact(x));
BEGIN
    RETURN sqlite.extended_digits(trunc(v * trunc(power(2::numeric, scale(v)))), scale(v),
                                  6490371073168535552, 15);  -- 5.0e-05 * 1.0e-10
END $$;

CREATE OR REPLACE FUNCTION sqlite.text_of(x double precision) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    said text := CASE WHEN current_setting('extra_float_digits')::integer > 0 THEN x::text
                      ELSE sqlite.shortest(x) END;
    most integer := sqlite.real_digits();
    digits text;
    ten integer;  -- of the first digit
    sign text := '';
BEGIN
    IF length(said) < 16 AND strpos(said, 'e') = 0 THEN
        RETURN CASE said WHEN 'Infinity' THEN 'Inf' WHEN '-Infinity' THEN '-Inf' WHEN 'NaN' THEN NULL
                         WHEN '-0' THEN '0.0'
                         ELSE CASE strpos(said, '.') WHEN 0 THEN said || '.0' ELSE said END END;
    END IF;
    IF x < 0 THEN
        sign := '-';
        said := substr(said, 2);
    END IF;
    IF strpos(said, 'e') > 0 THEN
        ten := split_part(said, 'e', 2)::integer;
        said := split_part(said, 'e', 1);
    ELSE
        ten := 0;
    END IF;
    digits := ltrim(replace(said, '.', ''), '0');
    ten := ten + CASE WHEN said LIKE '0.%' THEN length(digits) - length(said) + 1
                      ELSE length(split_part(said, '.', 1)) - 1 END;
    digits := rtrim(digits, '0');
    IF length(digits) > most OR (most = 15 AND abs(x) < 2.3e-308) THEN
        IF most = 15 AND (length(digits) = 16 AND right(digits, 1) = '5' OR abs(x) < 2.3e-308) THEN
            said := sqlite.fifteen_digits(x);
            digits := split_part(said, 'e', 1);
            ten := split_part(said, 'e', 2)::integer;
        ELSE
            digits := round(('0.' || digits)::numeric, most)::text;
            IF digits LIKE '1%' THEN
                ten := ten + 1;
                digits := '1';
            ELSE
                digits := substr(digits, 3);
            END IF;
        END IF;
        digits := rtrim(digits, '0');
    END IF;
    IF ten < -4 OR ten >= most THEN
        RETURN sign || left(digits, 1) || '.'
            || CASE length(digits) WHEN 1 THEN '0' ELSE substr(digits, 2) END
            || CASE WHEN ten < 0 THEN 'e-' ELSE 'e+' END
            || CASE WHEN abs(ten) < 10 THEN '0' ELSE '' END || abs(ten);
    ELSIF ten < 0 THEN
        RETURN sign || '0.' || repeat('0', -1 - ten) || digits;
    ELSIF length(digits) <= ten + 1 THEN
        RETURN sign || rpad(digits, ten + 1, '0') || '.0';
    END IF;
    RETURN sign || left(digits, ten + 1) || '.' || substr(digits, ten + 2);
END $$;

-- Text of bytes: UTF-8 up to the first zero byte; bytes that are not UTF-8 become U+FFFD.
CREATE OR REPLACE FUNCTION sqlite.text_of(x bytea) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    result text := encode(x, 'escape');
    size integer;
    at integer := 0;
    since integer := 0;  -- of the valid bytes not yet taken over
    first integer;
    more integer;
BEGIN
    IF strpos(result, chr(92)) = 0 THEN
        RETURN result;  -- all of it is ASCII
    END IF;
    at := position(E'\\x00'::bytea IN x);
    IF at > 0 THEN
        x := substr(x, 1, at - 1);
    END IF;
    result := '';
    size := length(x);
    at := 0;
    WHILE at < size LOOP
        first := get_byte(x, at);
        more := CASE WHEN first < 128 THEN 0 WHEN first BETWEEN 194 AND 223 THEN 1
                     WHEN first BETWEEN 224 AND 239 THEN 2 WHEN first BETWEEN 240 AND 244 THEN 3 ELSE -1 END;
        IF more > 0 THEN
            IF at + more >= size THEN
                more := -1;
            ELSIF get_byte(x, at + 1) < (CASE first WHEN 224 THEN 160 WHEN 240 THEN 144 ELSE 128 END)
                  OR get_byte(x, at + 1) > (CASE first WHEN 237 THEN 159 WHEN 244 THEN 143 ELSE 191 END) THEN
                more := -1;
            ELSIF more > 1 AND get_byte(x, at + 2) NOT BETWEEN 128 AND 191 THEN
                more := -1;
            ELSIF more > 2 AND get_byte(x, at + 3) NOT BETWEEN 128 AND 191 THEN
                more := -1;
            END IF;
        END IF;
        IF more < 0 THEN
            result := result || convert_from(substr(x, since + 1, at - since), 'UTF8') || chr(65533);
            at := at + 1;
            since := at;
        ELSE
            at := at + 1 + more;
        END IF;
    END LOOP;
    RETURN result || convert_from(substr(x, since + 1), 'UTF8');
END $$;

CREATE OR REPLACE FUNCTION sqlite.text_from(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE left(x, 1) WHEN 'r' THEN sqlite.text_of(substr(x, 2)::double precision)
                           WHEN 'b' THEN sqlite.text_of(decode(substr(x, 2), 'hex'))
                           ELSE substr(x, 2) END
$$;

-- the number at the start of a text

-- The real of decimal digits, correctly rounded as SQLite does since 3.43 (before, one in some thousand
-- texts gave a neighbour); too large is infinite and too small is zero, which PostgreSQL refuses.
CREATE OR REPLACE FUNCTION sqlite.real_of(whole text, fraction text, exponent text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    integral text := ltrim(whole, '0');
    digits text := ltrim(integral || fraction, '0');
    ten integer := CASE integral WHEN '' THEN length(digits) - length(fraction) ELSE length(integral) END;
    size text := ltrim(exponent, '+-0');
    said numeric;
BEGIN
    IF digits = '' THEN
        RETURN 0;
    END IF;
    IF size <> '' THEN
        ten := ten + CASE WHEN length(size) > 4 THEN 10000 ELSE size::integer END
            * CASE WHEN exponent LIKE '-%' THEN -1 ELSE 1 END;
    END IF;
    IF ten > 310 THEN
        RETURN 'Infinity';
    ELSIF ten < -330 THEN
        RETURN 0;
    ELSIF ten NOT BETWEEN -300 AND 300 THEN
        said := ('0.' || left(digits, 40) || 'e' || ten)::numeric;
        IF said >= 1.797693134862315807937289714053e308 THEN
            RETURN 'Infinity';
        ELSIF said <= 2.47032822920623272088284396434110686183e-324 THEN
            RETURN 0;
        END IF;
    END IF;
    RETURN ('0.' || left(digits, 800) || 'e' || ten)::double precision;
END $$;

CREATE OR REPLACE FUNCTION sqlite.cast_real(x text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    part text[];
BEGIN
    IF x ~ '^[0-9]{1,15}([.][0-9]{1,15})?$' THEN
        RETURN x::double precision;
    END IF;
    part := regexp_match(x, E'^[ \t\n\x0b\f\r]*([+-]?)([0-9]*)(?:[.]([0-9]*))?(?:[eE]([+-]?[0-9]+))?');
    RETURN sqlite.real_of(part[2], coalesce(part[3], ''), coalesce(part[4], ''))
        * CASE part[1] WHEN '-' THEN -1 ELSE 1 END;
END $$;

CREATE OR REPLACE FUNCTION sqlite.cast_integer(x text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    part text[];
    digits text;
BEGIN
    IF x ~ '^-?[0-9]{1,18}$' THEN
        RETURN x::bigint;
    END IF;
    part := regexp_match(x, E'^[ \t\n\x0b\f\r]*([+-]?)0*([0-9]+)');
    digits := part[2];
    IF digits IS NULL THEN
        RETURN 0;
    ELSIF length(digits) < 19 OR length(digits) = 19 AND digits COLLATE "C" <= '9223372036854775807' THEN
        RETURN digits::bigint * CASE part[1] WHEN '-' THEN -1 ELSE 1 END;
    END IF;
    RETURN CASE part[1] WHEN '-' THEN '-9223372036854775808'::bigint ELSE 9223372036854775807 END;
END $$;

CREATE OR REPLACE FUNCTION sqlite.cast_integer(x double precision) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN x <= -9223372036854775808 THEN '-9223372036854775808'::bigint
                WHEN x >= 9223372036854775807 THEN 9223372036854775807
                ELSE trunc(x)::bigint END
$$;

-- The number at the start of a text, tagged: integer where it has neither point nor exponent and 64 bits
-- hold it, else real; `whole` says whether the text is nothing else, blanks around it aside.
CREATE OR REPLACE FUNCTION sqlite.read_number(x text, OUT whole boolean, OUT form text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    part text[] := regexp_match(
        x, E'^[ \t\n\x0b\f\r]*([+-]?)([0-9]*)([.]?)([0-9]*)'
        || E'(?:([eE])([+-]?[0-9]+)|([eE])[+-]?)?([ \t\n\x0b\f\r]*)(.?)');
    significant text := ltrim(part[2], '0');
    real_like boolean := part[3] <> '' OR part[5] IS NOT NULL;
    digits boolean := part[2] <> '' OR part[4] <> '';
BEGIN
    whole := digits AND part[7] IS NULL AND part[9] = '';
    IF NOT digits THEN
        form := 'i0';
    ELSIF NOT real_like AND (length(significant) < 19 OR length(significant) = 19 AND (
        significant COLLATE "C" <= '9223372036854775807'
        OR part[1] = '-' AND significant = '9223372036854775808')) THEN
        form := 'i' || (CASE part[1] WHEN '-' THEN '-' ELSE '' END || '0' || significant)::bigint;
    ELSE
        form := sqlite.v(sqlite.real_of(part[2], part[4], coalesce(part[6], ''))
            * CASE part[1] WHEN '-' THEN -1 ELSE 1 END);
    END IF;
END $$;

-- The operand that arithmetic makes of a text.
CREATE OR REPLACE FUNCTION sqlite.number(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
BEGIN
    IF x ~ '^-?[0-9]{1,18}$' THEN
        RETURN 'i' || x::bigint;
    ELSIF x ~ '^-?[0-9]{1,15}[.][0-9]{1,15}$' THEN
        RETURN sqlite.v(x::double precision);
    END IF;
    RETURN (sqlite.read_number(x)).form;
END $$;

CREATE OR REPLACE FUNCTION sqlite.number_from(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE left(x, 1) WHEN 't' THEN sqlite.number(substr(x, 2))
                           WHEN 'b' THEN sqlite.number(sqlite.text_of(decode(substr(x, 2), 'hex')))
                           WHEN 'j' THEN sqlite.number(substr(x, 2))
                           ELSE x END
$$;

-- CAST(x AS NUMERIC): a real that came of a text and is a whole number of 52 bits becomes an integer.
CREATE OR REPLACE FUNCTION sqlite.cast_numeric(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    form text := sqlite.number(x);
    r double precision;
BEGIN
    IF form LIKE 'r%' THEN
        r := substr(form, 2)::double precision;
        IF r >= -2251799813685248 AND r < 2251799813685248 AND r = trunc(r) THEN
            RETURN 'i' || r::bigint;
        END IF;
    END IF;
    RETURN form;
END $$;

-- casts of tagged values

CREATE OR REPLACE FUNCTION sqlite.integer_from(x text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE left(x, 1) WHEN 'i' THEN substr(x, 2)::bigint
                           WHEN 'r' THEN sqlite.cast_integer(substr(x, 2)::double precision)
                           ELSE sqlite.cast_integer(sqlite.text_from(x)) END
$$;

CREATE OR REPLACE FUNCTION sqlite.real_from(x text) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE left(x, 1) WHEN 'i' THEN substr(x, 2)::bigint::double precision
                           WHEN 'r' THEN substr(x, 2)::double precision
                           ELSE sqlite.cast_real(sqlite.text_from(x)) END
$$;

CREATE OR REPLACE FUNCTION sqlite.numeric_from(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE left(x, 1) WHEN 'i' THEN x WHEN 'r' THEN x ELSE sqlite.cast_numeric(sqlite.text_from(x)) END
$$;

CREATE OR REPLACE FUNCTION sqlite.blob_from(x text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE left(x, 1) WHEN 'b' THEN decode(substr(x, 2), 'hex')
                           ELSE convert_to(sqlite.text_from(x), 'UTF8') END
$$;

-- affinities, as a column or a comparison applies them

CREATE OR REPLACE FUNCTION sqlite.numeric_affinity(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    number record;
    form text := x;
    r double precision;
BEGIN
    IF x LIKE 'i%' OR x LIKE 'b%' THEN
        RETURN x;
    ELSIF x LIKE 't%' THEN
        IF x ~ '^t-?[0-9]{1,18}$' THEN
            RETURN 'i' || substr(x, 2)::bigint;
        ELSIF x ~ '^t-?[0-9]{1,15}[.][0-9]{1,15}$' THEN
            form := sqlite.v(substr(x, 2)::double precision);
        ELSE
            number := sqlite.read_number(substr(x, 2));
            IF NOT number.whole THEN
                RETURN x;
            END IF;
            form := number.form;
        END IF;
    END IF;
    IF form LIKE 'r%' THEN
        r := substr(form, 2)::double precision;
        -- the ends of the range stay real, as in sqlite3VdbeIntegerAffinity
        IF r > -9223372036854775808 AND r < 9223372036854775807 AND r = trunc(r) THEN
            RETURN 'i' || r::bigint;
        END IF;
    END IF;
    RETURN form;
END $$;

CREATE OR REPLACE FUNCTION sqlite.integer_affinity(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT sqlite.numeric_affinity(x) $$;

CREATE OR REPLACE FUNCTION sqlite.real_affinity(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    number record;
BEGIN
    IF x LIKE 'i%' THEN
        RETURN sqlite.v(substr(x, 2)::bigint::double precision);
    ELSIF x LIKE 't%' THEN
        number := sqlite.read_number(substr(x, 2));
        IF number.whole THEN
            RETURN sqlite.v(sqlite.real_from(number.form));
        END IF;
    END IF;
    RETURN x;
END $$;

CREATE OR REPLACE FUNCTION sqlite.text_affinity(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE left(x, 1) WHEN 'i' THEN 't' || substr(x, 2)
                           WHEN 'r' THEN 't' || sqlite.text_of(substr(x, 2)::double precision)
                           ELSE x END
$$;

-- order

-- Eight bytes in the order of reals.
CREATE OR REPLACE FUNCTION sqlite.real_key(x double precision) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE WHEN x >= 0 THEN float8send(-(x + 0))
                ELSE int8send(9223372036854775807
                              - ('x' || encode(float8send(-x), 'hex'))::bit(64)::bigint) END
$$;

-- A key whose bytes sort as SQLite's values do; equal values, 1 and 1.0 too, have equal keys. Beyond
-- 53 bits an integer is a multiple of 2048, which a real holds, and what is left in two bytes; so are
-- the reals there.
CREATE OR REPLACE FUNCTION sqlite.key(x text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    tag text := left(x, 1);
    i bigint;
    r double precision;
BEGIN
    IF tag = 't' OR tag = 'j' THEN
        RETURN E'\\x02'::bytea || convert_to(substr(x, 2), 'UTF8');
    ELSIF tag = 'b' THEN
        RETURN E'\\x03'::bytea || decode(substr(x, 2), 'hex');
    ELSIF tag = 'r' THEN
        r := substr(x, 2)::double precision;
        IF abs(r) < 9007199254740992 OR r < -9223372036854775808 OR r >= 9223372036854775808 THEN
            RETURN E'\\x01'::bytea || sqlite.real_key(r);
        END IF;
        i := r::bigint;
    ELSE
        i := substr(x, 2)::bigint;
        IF i BETWEEN -9007199254740991 AND 9007199254740991 THEN
            RETURN E'\\x01'::bytea || sqlite.real_key(i);
        END IF;
    END IF;
    RETURN E'\\x01'::bytea || sqlite.real_key(i & -2048) || int2send((i & 2047)::smallint);
END $$;

CREATE OR REPLACE FUNCTION sqlite.key(x text, collation_name text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
BEGIN
    IF x LIKE 't%' THEN
        CASE upper($2 COLLATE "C")
            WHEN 'NOCASE' THEN x := lower(x COLLATE "C");
            WHEN 'RTRIM' THEN x := 't' || rtrim(substr(x, 2), ' ');
            WHEN 'BINARY' THEN NULL;
            ELSE RAISE EXCEPTION 'no such collation sequence: %', $2 USING ERRCODE = 'undefined_object';
        END CASE;
    END IF;
    RETURN sqlite.key(x);
END $$;

-- truth

CREATE OR REPLACE FUNCTION sqlite.truth_of(x text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$ SELECT sqlite.cast_real(x) <> 0 $$;

CREATE OR REPLACE FUNCTION sqlite.truth(x text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 AS $$
    SELECT CASE left(x, 1) WHEN 'i' THEN x <> 'i0' ELSE sqlite.real_from(x) <> 0 END
$$;
