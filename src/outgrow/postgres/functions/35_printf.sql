-- SQLite's printf() and format(), and quote() of a real, which is printf's work too.
-- Rules: https://www.sqlite.org/printf.html. The digits of a real are those of SQLite 3.40 on x86-64, whose
-- long double has 64 bits: its steps are done in exact numbers, rounded to 64 bits where the CPU rounds.
-- Not as in SQLite: %c of NULL or '' is a NUL and is left out; a character that a precision in bytes cuts
-- through is dropped; a result of more than 1,000,000,000 bytes is an error (NULL in 3.40, an error since).

CREATE OR REPLACE FUNCTION sqlite.two_to(exponent integer) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE WHEN $1 <= 62 THEN (1::bigint << $1)::numeric
            ELSE 4611686018427387904 * (1::bigint << ($1 - 62))::numeric END
$$;

-- number / divisor as the integer that a register of 64 bits would hold: ties to even, and of a result of
-- more than 64 bits (at most 67) the low ones are zero.
CREATE OR REPLACE FUNCTION sqlite.rounded_to_64_bits(number numeric, divisor numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    unit numeric := 1;
    result numeric := div(number, divisor);
    excess numeric;
BEGIN
    IF result >= 18446744073709551616 THEN
        unit := CASE WHEN result >= 73786976294838206464 THEN 8
                     WHEN result >= 36893488147419103232 THEN 4 ELSE 2 END;
        result := div(result, unit);
    END IF;
    excess := 2 * (number - result * unit * divisor) - unit * divisor;
    IF excess > 0 OR excess = 0 AND result % 2 = 1 THEN
        result := result + 1;
    END IF;
    RETURN result * unit;
END
$$;

-- A finite real of no sign as mantissa * 2^exponent, the mantissa of 64 bits (0 for 0).
CREATE OR REPLACE FUNCTION sqlite.extended_of(
    value double precision, OUT mantissa numeric, OUT exponent integer
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    bits bigint := ('x' || encode(float8send(value), 'hex'))::bit(64)::bigint & 9223372036854775807;
    fraction bigint := bits & 4503599627370495;
BEGIN
    exponent := (bits >> 52)::integer;
    IF exponent > 0 THEN
        mantissa := (fraction | 4503599627370496)::numeric * 2048;
        exponent := exponent - 1086;
    ELSE
        exponent := -1085;
        mantissa := fraction::numeric * 2048;
        WHILE mantissa > 0 AND mantissa < 9223372036854775808 LOOP
            mantissa := mantissa * 2;
            exponent := exponent - 1;
        END LOOP;
    END IF;
END
$$;

-- What %f, %e, %g, %E and %G make of a real, sign included; neither width nor zeros before it. `plus` is what
-- stands for the sign of a positive number, `alternate` the flag #, `longer` the flag !.
CREATE OR REPLACE FUNCTION sqlite.printf_real(
    value double precision, conversion text, digits integer, plus text, alternate boolean, longer boolean
) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    kind text COLLATE "C" := pg_catalog.lower(conversion COLLATE "C");
    precision_ integer := least(CASE WHEN digits < 0 THEN 6 ELSE digits END, 100000000);
    sign text := CASE WHEN value < 0 THEN '-' ELSE plus END;
    x double precision := pg_catalog.abs(value);
    half double precision := 0;      -- half a unit of the last digit that is shown
    half_digits integer;
    m numeric;                       -- the number is m * 2^e
    e integer;
    rm numeric;
    re integer;
    scale_m numeric := 1;
    scale_e integer := 0;
    next_m numeric;
    next_e integer;
    step integer := 100;
    v numeric;                       -- the number, scaled to 1 <= v < 10, in units of 2^-63
    power integer := 0;
    shift integer;
    wanted integer;
    shown text := '';
    digit numeric;
    point boolean;
    trimmed boolean;
    result text;
BEGIN
    IF x = 'Infinity' THEN
        RETURN sign || 'Inf';
    ELSIF x = 'NaN' THEN
        RETURN 'NaN';
    END IF;
    IF kind = 'g' AND precision_ > 0 THEN
        precision_ := precision_ - 1;
    END IF;
    half_digits := precision_ & 4095;
    IF half_digits < 324 THEN
        half := (5::double precision) / (CASE WHEN half_digits % 10 = 9 THEN 1e10
                 ELSE ((ARRAY[10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000])
                       [half_digits % 10 + 1])::double precision END);
        FOR i IN 1 .. half_digits / 10 LOOP
            half := half * 1e-10::double precision;
        END LOOP;
    END IF;
    SELECT t.mantissa, t.exponent INTO m, e FROM sqlite.extended_of(x) AS t;
    SELECT t.mantissa, t.exponent INTO rm, re FROM sqlite.extended_of(half) AS t;

    IF kind = 'f' THEN
        IF m > 0 AND precision_ + (CASE WHEN e < -1085 THEN -1023 ELSE e + 63 END) / 3 < 15 THEN
            -- half + x * 3e-16 in 64 bits each, then as a double: 3e-16 is 6084722881095501 * 2^-104
            next_m := m * 6084722881095501;
            shift := CASE WHEN next_m >= 83076749736557242056487941267521536 THEN 53 ELSE 52 END;
            next_m := sqlite.rounded_to_64_bits(next_m, sqlite.two_to(shift));
            next_e := e - 104 + shift;
            IF rm = 0 THEN
                rm := next_m;
                re := next_e;
            ELSE
                IF next_e > re THEN
                    digit := rm; rm := next_m; next_m := digit;
                    shift := re; re := next_e; next_e := shift;
                END IF;
                shift := re - next_e;
                IF shift <= 66 THEN
                    rm := sqlite.rounded_to_64_bits(rm * sqlite.two_to(shift) + next_m, sqlite.two_to(shift));
                    IF rm >= 18446744073709551616 THEN
                        rm := div(rm, 2);
                        re := re + 1;
                    END IF;
                END IF;
            END IF;
            shift := greatest(11, -1074 - re);
            IF shift > 64 THEN
                rm := 0;
            ELSE
                digit := div(rm, sqlite.two_to(shift));
                rm := 2 * (rm - digit * sqlite.two_to(shift)) - sqlite.two_to(shift);
                IF rm > 0 OR rm = 0 AND digit % 2 = 1 THEN
                    digit := digit + 1;
                END IF;
                rm := digit * sqlite.two_to(shift);
                IF rm >= 18446744073709551616 THEN
                    rm := div(rm, 2);
                    re := re + 1;
                END IF;
                WHILE rm > 0 AND rm < 9223372036854775808 LOOP
                    rm := rm * 2;
                    re := re - 1;
                END LOOP;
            END IF;
        END IF;
        IF m = 0 THEN
            m := rm;
            e := re;
        ELSIF rm > 0 THEN
            IF re > e OR re = e AND rm > m THEN
                digit := rm; rm := m; m := digit;
                shift := re; re := e; e := shift;
            END IF;
            shift := e - re;
            IF shift <= 66 THEN
                m := sqlite.rounded_to_64_bits(m * sqlite.two_to(shift) + rm, sqlite.two_to(shift));
                IF m >= 18446744073709551616 THEN
                    m := div(m, 2);
                    e := e + 1;
                END IF;
            END IF;
        END IF;
    END IF;

    IF m > 0 THEN
        IF e > 25 THEN  -- from about 10^27 the powers of ten are not exact
            scale_m := 9223372036854775808;
            scale_e := -63;
            LOOP
                IF step = 100 THEN      -- 1e100 is 5147557589468029 * 2^280
                    next_m := scale_m * 5147557589468029;
                    next_e := scale_e + 280;
                ELSIF step = 10 THEN
                    next_m := scale_m * 10000000000;
                    next_e := scale_e;
                ELSE
                    next_m := scale_m * 10;
                    next_e := scale_e;
                END IF;
                shift := CASE step WHEN 100 THEN 52 WHEN 10 THEN 33 ELSE 3 END;
                IF next_m >= (CASE step WHEN 100 THEN 83076749736557242056487941267521536
                                        WHEN 10 THEN 158456325028528675187087900672
                                        ELSE 147573952589676412928 END) THEN
                    shift := shift + 1;
                END IF;
                next_m := sqlite.rounded_to_64_bits(next_m, sqlite.two_to(shift));
                next_e := next_e + shift;
                IF next_m >= 18446744073709551616 THEN
                    next_m := div(next_m, 2);
                    next_e := next_e + 1;
                END IF;
                IF e > next_e OR e = next_e AND m >= next_m THEN
                    scale_m := next_m;
                    scale_e := next_e;
                    power := power + step;
                ELSE
                    EXIT WHEN step = 1;
                    step := step / 10;
                END IF;
            END LOOP;
        ELSIF e >= -63 THEN
            power := pg_catalog.length(
                CASE WHEN e < 0 THEN div(m, sqlite.two_to(-e)) ELSE m * sqlite.two_to(e) END::text) - 1;
            scale_m := ('1' || repeat('0', power))::numeric;
        ELSE
            WHILE e < -90 OR e = -90 AND m < 12379400392853803008 LOOP  -- < 1e-8
                m := m * 100000000;
                shift := CASE WHEN m >= 1237940039285380274899124224 THEN 27 ELSE 26 END;
                m := sqlite.rounded_to_64_bits(m, sqlite.two_to(shift));
                e := e + shift;
                IF m >= 18446744073709551616 THEN
                    m := div(m, 2);
                    e := e + 1;
                END IF;
                power := power - 8;
            END LOOP;
            WHILE e < -63 LOOP
                m := m * 10;
                shift := CASE WHEN m >= 147573952589676412928 THEN 4 ELSE 3 END;
                m := sqlite.rounded_to_64_bits(m, sqlite.two_to(shift));
                e := e + shift;
                IF m >= 18446744073709551616 THEN
                    m := div(m, 2);
                    e := e + 1;
                END IF;
                power := power - 1;
            END LOOP;
        END IF;
        v := m * sqlite.two_to(e - scale_e + 63);
        IF power > 0 THEN
            v := sqlite.rounded_to_64_bits(v, scale_m);
        END IF;
        IF kind <> 'f' AND rm > 0 THEN
            shift := -63 - re;
            IF shift <= 66 THEN
                v := sqlite.rounded_to_64_bits(v * sqlite.two_to(shift) + rm, sqlite.two_to(shift));
            END IF;
            IF v >= 92233720368547758080 THEN  -- 10, made 1 by * 0.1, which is 7205759403792794 * 2^-56
                v := sqlite.rounded_to_64_bits(v * 7205759403792794, 72057594037927936);
                power := power + 1;
            END IF;
        END IF;
    ELSE
        v := 0;
    END IF;

    IF kind = 'g' THEN
        trimmed := NOT alternate;
        IF power < -4 OR power > precision_ THEN
            kind := 'e';
        ELSE
            precision_ := precision_ - power;
            kind := 'f';
        END IF;
    ELSE
        trimmed := longer;
    END IF;
    wanted := precision_ + 1 + CASE WHEN kind = 'f' THEN power ELSE 0 END;
    shift := least(wanted, CASE WHEN longer THEN 26 ELSE 16 END);

    -- Each digit is taken off and the rest multiplied by ten, which is exact after three times at the latest.
    FOR i IN 1 .. 3 LOOP
        EXIT WHEN shift <= 0 OR v >= 73786976294838206464;
        digit := div(v, 9223372036854775808);
        shown := shown || digit::text;
        shift := shift - 1;
        v := sqlite.rounded_to_64_bits((v - digit * 9223372036854775808) * 10, 1);
    END LOOP;
    IF shift > 0 THEN
        v := div(v * ('1' || repeat('0', shift - 1))::numeric, 9223372036854775808);
        shown := shown || lpad(v::text, shift, '0');
    END IF;
    shown := shown || repeat('0', wanted - pg_catalog.length(shown));

    point := precision_ > 0 OR alternate OR longer;
    IF kind = 'e' THEN
        result := pg_catalog.left(shown, 1) || CASE WHEN point THEN '.' ELSE '' END
                  || pg_catalog.substr(shown, 2);
    ELSIF power < 0 THEN
        result := CASE WHEN point THEN '0.' ELSE '0' END || repeat('0', -power - 1) || shown;
    ELSE
        result := pg_catalog.left(shown, power + 1) || CASE WHEN point THEN '.' ELSE '' END
                  || pg_catalog.substr(shown, power + 2);
    END IF;
    IF trimmed AND point THEN
        result := pg_catalog.rtrim(result, '0');
        IF pg_catalog.right(result, 1) COLLATE "C" = '.' THEN
            result := CASE WHEN longer THEN result || '0' ELSE pg_catalog.rtrim(result, '.') END;
        END IF;
    END IF;
    IF kind = 'e' THEN
        result := result || CASE WHEN conversion COLLATE "C" IN ('E', 'G') THEN 'E' ELSE 'e' END
                  || CASE WHEN power < 0 THEN '-' ELSE '+' END
                  || CASE WHEN pg_catalog.abs(power) < 10 THEN '0' ELSE '' END || pg_catalog.abs(power)::text;
    END IF;
    RETURN sign || result;
END
$$;

-- The real that SQLite 3.40 reads in digits * 10^exponent, the digits fewer than 17: it multiplies or divides
-- by a power of ten in 64 bits, which is now and then the neighbour of the nearest.
CREATE OR REPLACE FUNCTION sqlite.real_read(digits numeric, exponent integer) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    s numeric := digits;
    e integer := pg_catalog.abs(exponent);
    up boolean := exponent > 0;
    scale_m numeric := 9223372036854775808;
    scale_e integer := -63;
    ten_m numeric := 11529215046068469760;
    ten_e integer := -60;
    rest integer;
    m numeric;
    shift integer;
    result double precision;
BEGIN
    IF s = 0 THEN
        RETURN 0;
    END IF;
    WHILE e > 0 LOOP
        IF up THEN
            EXIT WHEN s >= 922337203685477580;
            s := s * 10;
        ELSE
            EXIT WHEN s % 10 <> 0;
            s := div(s, 10);
        END IF;
        e := e - 1;
    END LOOP;
    IF e = 0 THEN
        RETURN s::bigint::double precision;
    END IF;
    rest := CASE WHEN e > 307 THEN e - 308 ELSE e END;
    LOOP
        IF rest % 2 = 1 THEN
            scale_m := scale_m * ten_m;
            shift := CASE WHEN scale_m >= 170141183460469231731687303715884105728 THEN 64 ELSE 63 END;
            scale_m := sqlite.rounded_to_64_bits(scale_m, sqlite.two_to(shift));
            scale_e := scale_e + ten_e + shift;
        END IF;
        rest := rest / 2;
        EXIT WHEN rest = 0;
        ten_m := ten_m * ten_m;
        shift := CASE WHEN ten_m >= 170141183460469231731687303715884105728 THEN 64 ELSE 63 END;
        ten_m := sqlite.rounded_to_64_bits(ten_m, sqlite.two_to(shift));
        ten_e := 2 * ten_e + shift;
    END LOOP;
    -- the product or the quotient in 64 bits: m * 2^shift
    shift := 0;
    WHILE s < 9223372036854775808 LOOP
        s := s * 2;
        shift := shift - 1;
    END LOOP;
    IF up THEN
        m := s * scale_m;
        rest := CASE WHEN m >= 170141183460469231731687303715884105728 THEN 64 ELSE 63 END;
        m := sqlite.rounded_to_64_bits(m, sqlite.two_to(rest));
        shift := shift + scale_e + rest;
    ELSE
        rest := CASE WHEN s >= scale_m THEN 63 ELSE 64 END;
        m := sqlite.rounded_to_64_bits(s * sqlite.two_to(rest), scale_m);
        shift := shift - scale_e - rest;
    END IF;
    IF m >= 18446744073709551616 THEN
        m := div(m, 2);
        shift := shift + 1;
    END IF;
    -- as a double: 53 bits, fewer below 2^-1022
    rest := greatest(11, -1074 - shift);
    IF rest > 64 THEN
        RETURN 0;
    END IF;
    s := div(m, sqlite.two_to(rest));
    m := 2 * (m - s * sqlite.two_to(rest)) - sqlite.two_to(rest);
    IF m > 0 OR m = 0 AND s % 2 = 1 THEN
        s := s + 1;
    END IF;
    shift := shift + rest;
    IF shift > 971 OR shift = 971 AND s >= 9007199254740992 THEN
        RETURN 'Infinity';
    END IF;
    -- in two steps, none of which rounds
    result := s::double precision * pg_catalog.power(
        2::double precision, CASE WHEN shift < -1022 THEN shift + 100 ELSE shift END);
    IF shift < -1022 THEN
        result := result * pg_catalog.power(2::double precision, -100);
    END IF;
    IF e > 307 THEN
        result := CASE WHEN up THEN result * 1e308::double precision
                       ELSE result / 1e308::double precision END;
    END IF;
    RETURN result;
END
$$;

-- 15 digits where SQLite reads the same real in them, else 21.
CREATE OR REPLACE FUNCTION sqlite.quote_real(value double precision) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    short text COLLATE "C" := sqlite.printf_real(value, 'g', 15, '', false, true);
    parts text[] := regexp_match(short, '^-?([0-9]+)[.]([0-9]+)(?:e([-+][0-9]+))?$');
BEGIN
    IF parts IS NULL OR sqlite.real_read((parts[1] || parts[2])::numeric,
        coalesce(parts[3]::integer, 0) - pg_catalog.length(parts[2])) = pg_catalog.abs(value) THEN
        RETURN short;
    END IF;
    RETURN sqlite.printf_real(value, 'e', 20, '', false, true);
END
$$;

-- The text of so many of its first bytes; a character that is cut through is dropped.
CREATE OR REPLACE FUNCTION sqlite.left_bytes(value text, bytes integer, OUT kept text, OUT size integer)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    raw bytea;
    whole integer;
BEGIN
    size := pg_catalog.octet_length(value);
    IF size <= bytes THEN
        kept := value;
        RETURN;
    END IF;
    size := bytes;
    IF pg_catalog.octet_length(pg_catalog.left(value, bytes)) = bytes THEN  -- ASCII as far as it goes
        kept := pg_catalog.left(value, bytes);
        RETURN;
    END IF;
    raw := pg_catalog.substr(sqlite.bytes_of(value), 1, bytes + 1);
    whole := bytes;
    WHILE (get_byte(raw, whole) & 192) = 128 LOOP
        whole := whole - 1;
    END LOOP;
    kept := pg_catalog.convert_from(pg_catalog.substr(raw, 1, whole), 'UTF8');
END
$$;

CREATE OR REPLACE FUNCTION sqlite.printf(format text, VARIADIC arguments text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    result text;                     -- NULL as long as nothing was put out
    at integer := 1;
    size integer := pg_catalog.length(format);
    used integer := 0;
    jump integer;
    c text COLLATE "C";
    left_justified boolean;
    plus text;
    alternate boolean;
    longer boolean;
    zeros boolean;
    thousands boolean;
    width bigint;
    precision_ bigint;
    number bigint;
    argument text;
    piece text COLLATE "C";
    sign text;
    piece_size bigint;               -- in what the width counts: bytes, or characters with !
    quoted text;
BEGIN
    IF format IS NULL THEN
        RETURN NULL;
    END IF;
    LOOP
        jump := strpos(pg_catalog.substr(format, at) COLLATE "C", '%');
        IF jump = 0 THEN
            IF at <= size THEN
                result := coalesce(result, '') || pg_catalog.substr(format, at);
            END IF;
            RETURN result;
        ELSIF jump > 1 THEN
            result := coalesce(result, '') || pg_catalog.substr(format, at, jump - 1);
        END IF;
        at := at + jump;
        IF at > size THEN
            RETURN coalesce(result, '') || '%';
        END IF;
        left_justified := false;
        plus := '';
        alternate := false;
        longer := false;
        zeros := false;
        thousands := false;
        width := 0;
        precision_ := -1;

        -- c is the character at `at`; '' is the end
        LOOP
            c := pg_catalog.substr(format, at, 1);
            CASE c
                WHEN '-' THEN left_justified := true;
                WHEN '+', ' ' THEN plus := c;
                WHEN '#' THEN alternate := true;
                WHEN '!' THEN longer := true;
                WHEN '0' THEN zeros := true;
                WHEN ',' THEN thousands := true;
                WHEN 'l' THEN
                    at := at + 1;
                    IF pg_catalog.substr(format, at, 1) COLLATE "C" = 'l' THEN
                        at := at + 1;
                    END IF;
                    EXIT;
                WHEN '1', '2', '3', '4', '5', '6', '7', '8', '9' THEN
                    width := 0;
                    WHILE c >= '0' AND c <= '9' LOOP
                        width := (width * 10 + c::bigint) & 4294967295;
                        at := at + 1;
                        c := pg_catalog.substr(format, at, 1);
                    END LOOP;
                    width := width & 2147483647;
                    EXIT WHEN c NOT IN ('.', 'l');
                    at := at - 1;
                WHEN '*' THEN
                    used := used + 1;
                    number := coalesce(sqlite.integer_from(arguments[used]), 0);
                    width := (number & 4294967295) - ((number & 2147483648) << 1);
                    IF width < 0 THEN
                        left_justified := true;
                        width := CASE WHEN width = -2147483648 THEN 0 ELSE -width END;
                    END IF;
                    c := pg_catalog.substr(format, at + 1, 1);
                    IF c NOT IN ('.', 'l') THEN
                        at := at + 1;
                        EXIT;
                    END IF;
                WHEN '.' THEN
                    at := at + 1;
                    c := pg_catalog.substr(format, at, 1);
                    IF c = '*' THEN
                        used := used + 1;
                        number := coalesce(sqlite.integer_from(arguments[used]), 0);
                        precision_ := (number & 4294967295) - ((number & 2147483648) << 1);
                        IF precision_ < 0 THEN
                            precision_ := CASE WHEN precision_ = -2147483648 THEN -1 ELSE -precision_ END;
                        END IF;
                        at := at + 1;
                        c := pg_catalog.substr(format, at, 1);
                    ELSE
                        precision_ := 0;
                        WHILE c >= '0' AND c <= '9' LOOP
                            precision_ := (precision_ * 10 + c::bigint) & 4294967295;
                            at := at + 1;
                            c := pg_catalog.substr(format, at, 1);
                        END LOOP;
                        precision_ := precision_ & 2147483647;
                    END IF;
                    EXIT WHEN c <> 'l';
                    at := at - 1;
                ELSE EXIT;
            END CASE;
            at := at + 1;
        END LOOP;
        c := pg_catalog.substr(format, at, 1);
        at := at + 1;
        IF c = '' OR strpos('diufeEgGxXocszqQwprn%', c) = 0 THEN
            RETURN result;  -- an unknown conversion ends it all
        END IF;
        IF c = 'n' THEN
            result := coalesce(result, '');
            CONTINUE;
        END IF;
        IF c = '%' THEN
            argument := NULL;
        ELSE
            used := used + 1;
            argument := arguments[used];
        END IF;
        IF width >= 1000000000 OR precision_ >= 1000000000 AND strpos('dixXuopr', c) > 0 THEN
            RAISE EXCEPTION 'string or blob too big' USING ERRCODE = '54000';
        END IF;

        CASE
            WHEN c IN ('d', 'i', 'u', 'x', 'X', 'o', 'p', 'r') THEN
                number := coalesce(sqlite.integer_from(argument), 0);
                sign := '';
                IF c IN ('d', 'i', 'r') THEN
                    sign := CASE WHEN number < 0 THEN '-' ELSE plus END;
                    piece := pg_catalog.ltrim(number::text, '-');
                ELSIF c = 'u' THEN
                    piece := CASE WHEN number < 0 THEN 18446744073709551616 + number ELSE number END::text;
                ELSIF c = 'x' THEN
                    piece := to_hex(number);
                ELSIF c = 'o' THEN
                    piece := '';
                    argument := number::text;
                    LOOP
                        piece := (number & 7)::text || piece;
                        number := (number >> 3) & 2305843009213693951;
                        EXIT WHEN number = 0;
                    END LOOP;
                    number := argument::bigint;
                ELSE
                    piece := pg_catalog.upper(to_hex(number) COLLATE "C");
                END IF;
                IF c = 'r' THEN
                    piece := piece || CASE WHEN piece ~ '1.$' THEN 'th' WHEN piece ~ '1$' THEN 'st'
                                           WHEN piece ~ '2$' THEN 'nd' WHEN piece ~ '3$' THEN 'rd'
                                           ELSE 'th' END;
                END IF;
                IF zeros AND precision_ < width - pg_catalog.length(sign) THEN
                    precision_ := width - pg_catalog.length(sign);
                END IF;
                IF precision_ > pg_catalog.length(piece) THEN
                    piece := repeat('0', precision_::integer - pg_catalog.length(piece)) || piece;
                END IF;
                IF thousands AND c IN ('d', 'i', 'u') AND pg_catalog.length(piece) > 3 THEN
                    jump := (pg_catalog.length(piece) - 1) % 3 + 1;
                    piece := pg_catalog.left(piece, jump)
                             || regexp_replace(pg_catalog.substr(piece, jump + 1), '(...)', E',\\1', 'g');
                END IF;
                piece := sign || piece;
                IF alternate AND number <> 0 AND c IN ('x', 'X', 'p', 'o') THEN
                    piece := CASE c WHEN 'o' THEN '0' WHEN 'X' THEN '0X' ELSE '0x' END || piece;
                END IF;
                piece_size := pg_catalog.length(piece);
            WHEN c IN ('f', 'e', 'E', 'g', 'G') THEN
                piece := sqlite.printf_real(
                    coalesce(sqlite.real_from(argument), 0), c, precision_::integer, plus, alternate, longer);
                piece_size := pg_catalog.length(piece);
                IF zeros AND NOT left_justified AND piece_size < width
                   AND pg_catalog.right(piece, 1) <> 'f' THEN
                    jump := CASE WHEN pg_catalog.left(piece, 1) IN ('-', '+', ' ') THEN 1 ELSE 0 END;
                    piece := pg_catalog.left(piece, jump) || repeat('0', (width - piece_size)::integer)
                             || pg_catalog.substr(piece, jump + 1);
                    piece_size := width;
                END IF;
            WHEN c = '%' THEN
                piece := '%';
                piece_size := 1;
            WHEN c = 'c' THEN
                piece := coalesce(pg_catalog.left(sqlite.text_from(argument), 1), '');
                piece_size := 1;
                IF precision_ > 1 THEN
                    IF precision_ * greatest(pg_catalog.octet_length(piece), 1) >= 1000000000 THEN
                        RAISE EXCEPTION 'string or blob too big' USING ERRCODE = '54000';
                    END IF;
                    piece := repeat(piece, precision_::integer);
                    piece_size := precision_;
                END IF;
            ELSE
                piece := sqlite.text_from(argument);
                quoted := CASE c WHEN 'w' THEN '"' WHEN 'q' THEN '''' WHEN 'Q' THEN '''' END;
                sign := CASE WHEN c = 'Q' AND piece IS NOT NULL THEN '''' ELSE '' END;
                piece := coalesce(piece, CASE WHEN c IN ('s', 'z') THEN '' WHEN c = 'Q' THEN 'NULL'
                                              ELSE '(NULL)' END);
                jump := 0;
                IF precision_ >= 0 THEN
                    IF longer THEN
                        piece := pg_catalog.left(piece, precision_::integer);
                    ELSIF precision_ < pg_catalog.octet_length(piece) THEN
                        SELECT t.kept, t.size - pg_catalog.octet_length(t.kept) INTO piece, jump
                        FROM sqlite.left_bytes(piece, precision_::integer) AS t;
                    END IF;
                END IF;
                IF quoted IS NOT NULL THEN
                    piece := sign || pg_catalog.replace(piece COLLATE "C", quoted, quoted || quoted) || sign;
                END IF;
                piece_size := jump + CASE WHEN longer THEN pg_catalog.length(piece)
                                          ELSE pg_catalog.octet_length(piece) END;
        END CASE;
        IF piece_size < width THEN
            piece := CASE WHEN left_justified THEN piece || repeat(' ', (width - piece_size)::integer)
                          ELSE repeat(' ', (width - piece_size)::integer) || piece END;
        END IF;
        result := coalesce(result, '') || piece;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.printf(format text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT sqlite.printf($1, VARIADIC '{}'::text[]) $$;

CREATE OR REPLACE FUNCTION sqlite.printf() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT NULL::text $$;

CREATE OR REPLACE FUNCTION sqlite.format(format text, VARIADIC arguments text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT sqlite.printf($1, VARIADIC $2) $$;

CREATE OR REPLACE FUNCTION sqlite.format(format text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT sqlite.printf($1, VARIADIC '{}'::text[]) $$;

CREATE OR REPLACE FUNCTION sqlite.format() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT NULL::text $$;
