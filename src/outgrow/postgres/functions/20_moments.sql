-- Dates and times (https://www.sqlite.org/lang_datefunc.html); an immutable `_fixed` twin of each refuses
-- 'now', 'localtime' and 'utc'. sqlite._moment does it all, with the states and rounding of SQLite's date.c,
-- on milliseconds since Julian day 0 (`jd`). What 3.40 accepts gives what 3.40 gives (a lone '2024-02-31' or
-- '24:00' stays as written); newer things are as in 3.54 (subsec, floor, %G, timediff). Not exact: days before
-- year 0 and 0300-03-01 count as in 3.54, as 3.40 miscounts some; a `jd` below 0 in 'localtime' or 'utc'.

-- Number of a text that is one number and no more (blanks around it allowed), else NULL. Beyond 1e300 is
-- 1e300.
CREATE OR REPLACE FUNCTION sqlite._moment_number(value text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    z text COLLATE "C" := btrim(value, E' \t\n\x0b\f\r');
    mantissa text COLLATE "C";
    exponent text COLLATE "C";
    n numeric;
BEGIN
    IF z !~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$' OR z IS NULL THEN
        RETURN NULL;
    END IF;
    z := lower(z);
    IF octet_length(z) < 40 AND strpos(z, 'e') = 0 THEN
        RETURN z::double precision;
    END IF;
    -- a cast to double precision would raise an error where it overflows or underflows
    mantissa := left(split_part(z, 'e', 1), 1000);
    exponent := ltrim(ltrim(split_part(z, 'e', 2), '+-'), '0');
    exponent := CASE WHEN octet_length(exponent) > 4 THEN '5000' ELSE '0' || exponent END;
    n := (mantissa || CASE WHEN strpos(z, 'e-') > 0 THEN 'e-' ELSE 'e' END
          || least(exponent::int, 5000))::numeric;
    RETURN CASE
        WHEN abs(n) > 1e300 THEN sign(n) * 1e300
        WHEN abs(n) < 2e-324 THEN 0
        WHEN abs(n) < 1e-300 THEN sign(n) * 1e-300
        ELSE n
    END::double precision;
END $$;

-- 'HH:MM[:SS[.SSS]][ zone]' as {hours, minutes, seconds, minutes east of UTC, 1 where a zone is given}, else
-- NULL.
CREATE OR REPLACE FUNCTION sqlite._moment_clock(value text) RETURNS double precision[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    blanks CONSTANT text COLLATE "C" := E' \t\n\x0b\f\r';
    z text COLLATE "C" := value;
    digits text COLLATE "C";
    hours int;
    minutes int;
    seconds double precision := 0;
    fraction double precision;
    scale double precision;
    n int;
    zone int := 0;
    zoned int := 0;
BEGIN
    digits := left(z, 5);
    IF digits NOT LIKE '__:__' OR translate(digits, '0123456789', '') <> ':' THEN
        RETURN NULL;
    END IF;
    hours := left(digits, 2)::int;
    minutes := right(digits, 2)::int;
    IF hours > 24 OR minutes > 59 THEN
        RETURN NULL;
    END IF;
    z := substr(z, 6);
    IF z LIKE ':%' THEN
        digits := substr(z, 2, 2);
        IF octet_length(digits) <> 2 OR ltrim(digits, '0123456789') <> '' OR digits > '59' THEN
            RETURN NULL;
        END IF;
        seconds := digits::double precision;
        z := substr(z, 4);
        IF z LIKE '.%' THEN
            digits := substr(z, 2);
            z := ltrim(digits, '0123456789');
            n := octet_length(digits) - octet_length(z);
            IF n = 0 THEN
                RETURN NULL;
            ELSIF n <= 15 THEN
                seconds := seconds + left(digits, n)::double precision / ('1e' || n)::double precision;
            ELSIF n <= 308 THEN
                fraction := 0;
                scale := 1;
                FOR i IN 1..n LOOP  -- in SQLite's order, for its rounding
                    fraction := fraction * 10.0::double precision + ascii(substr(digits, i, 1)) - 48;
                    scale := scale * 10.0::double precision;
                END LOOP;
                seconds := seconds + fraction / scale;
            ELSE
                RETURN NULL;
            END IF;
        END IF;
    END IF;
    IF z <> '' THEN
        z := btrim(z, blanks);
        IF z IN ('Z', 'z') THEN
            zoned := 1;
        ELSIF z <> '' THEN
            IF (z NOT LIKE '+__:__' AND z NOT LIKE '-__:__')
               OR translate(z, '0123456789', '') NOT IN ('+:', '-:') THEN
                RETURN NULL;
            END IF;
            IF substr(z, 2, 2) > '14' OR right(z, 2) > '59' THEN
                RETURN NULL;
            END IF;
            zone := (left(z, 1) || '1')::int * (substr(z, 2, 2)::int * 60 + right(z, 2)::int);
            zoned := 1;
        END IF;
    END IF;
    RETURN ARRAY[hours, minutes, seconds, zone, zoned];
END $$;

-- Milliseconds from Julian day 0 to the midnight that begins a day; a day beyond its month runs into the
-- next.
CREATE OR REPLACE FUNCTION sqlite._moment_midnight(y int, m int, d int) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE
    WHEN m > 2 THEN 36525 * (y + 4716) / 100 + 306001 * (m + 1) / 10000
                    + d + 38 - (y + 4800) / 100 + (y + 4800) / 100 / 4
    ELSE 36525 * (y + 4715) / 100 + 306001 * (m + 13) / 10000
         + d + 38 - (y + 4799) / 100 + (y + 4799) / 100 / 4
END * 86400000::bigint - 131716800000
$$;

-- The day, as midnight, on which a `jd` from 0 on lies; its year in SQLite's count, with a year 0.
CREATE OR REPLACE FUNCTION sqlite._moment_day(jd bigint) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT (date '2000-01-01' + ((jd + 43200000) / 86400000 - 2451545)::int)::timestamp
$$;

CREATE OR REPLACE FUNCTION sqlite._moment_year(day timestamp) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN date_part('year', day) < 0 THEN 1 ELSE 0 END + date_part('year', day)::int
$$;

-- Local time of a `jd` in UTC in the session's zone, as {year, month, day, milliseconds of the day}. As in
-- SQLite the rules of 2000-2003 serve for all years but 1970-2038. `y`, `m`, `d`, `ms`: how the caller has
-- it, or NULL.
CREATE OR REPLACE FUNCTION sqlite._moment_local(jd bigint, y int, m int, d int, ms int) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    utc bigint := jd;
    shift int := 0;
    day timestamp;
    local timestamp;
BEGIN
    IF jd < 210866760000000 OR jd > 213014145600000 THEN
        IF y IS NULL AND (jd < 0 OR jd > 464269060799999) THEN
            shift := 2000;
            utc := 211813444800000;  -- 2000-01-01
        ELSE
            IF y IS NULL THEN
                day := sqlite._moment_day(jd);
                y := sqlite._moment_year(day);
                m := date_part('month', day);
                d := date_part('day', day);
            END IF;
            shift := 2000 + y % 4 - y;
            utc := sqlite._moment_midnight(y + shift, m, d)
                   + coalesce(ms, ((jd + 43200000) % 86400000)::int);
        END IF;
    END IF;
    local := to_timestamp((utc / 1000 - 210866760000)::double precision)::timestamp;
    RETURN ARRAY[
        date_part('year', local)::bigint - shift,
        date_part('month', local)::bigint,
        date_part('day', local)::bigint,
        date_part('hour', local)::bigint * 3600000 + date_part('minute', local)::bigint * 60000
            + trunc(date_part('second', local))::bigint * 1000 + jd % 1000
    ];
END $$;

-- '%.16g' of a Julian day number, with the 64 bits of precision in which SQLite's printf works out the
-- digits.
CREATE OR REPLACE FUNCTION sqlite._moment_julian_text(jd bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    days double precision := jd / 86400000.0::double precision;
    whole int := trunc(days)::int;
    n numeric;
    unit numeric;
    places int;
BEGIN
    IF jd = 0 THEN
        RETURN '0';
    END IF;
    -- the double's exact value: times 2^30, its fraction is a multiple of 2^-52 from the smallest on
    IF whole = 0 THEN
        days := days * 1073741824;
    END IF;
    n := (trunc(days)::int + ((days - trunc(days)) * 4503599627370496)::bigint::numeric
                             * 0.0000000000000002220446049250313080847263336181640625)
         * CASE whole WHEN 0 THEN 0.000000000931322574615478515625 ELSE 1 END;
    places := CASE whole WHEN 0 THEN floor(log(n)) ELSE length(whole::text) - 1 END;
    n := n * ('1e' || -places)::numeric;  -- 1..10
    unit := CASE WHEN n < 2 THEN 9223372036854775808 WHEN n < 4 THEN 4611686018427387904
                 WHEN n < 8 THEN 2305843009213693952 ELSE 1152921504606846976 END;
    n := div(round(round(n * unit) + unit * 5e-16) * 1000000000000000, unit);
    IF places >= -4 THEN
        RETURN trim_scale(n * ('1e' || places - 15)::numeric);
    END IF;
    RETURN trim_scale(n * 1e-15) || 'e-' || lpad((-places)::text, 2, '0');
END $$;

-- Days by which a date lies beyond the end of its month.
CREATE OR REPLACE FUNCTION sqlite._moment_over(y int, m int, d int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE
    WHEN d <= 28 THEN 0
    WHEN m = 2 THEN d - CASE WHEN y % 4 <> 0 OR y % 100 = 0 AND y % 400 <> 0 THEN 28 ELSE 29 END
    WHEN d = 31 AND m IN (4, 6, 9, 11) THEN 1
    ELSE 0
END
$$;

-- '%04d'
CREATE OR REPLACE FUNCTION sqlite._moment_padded(y int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN y >= 0 THEN to_char(y, 'FM0000') WHEN y > -1000 THEN to_char(y, 'FM000') ELSE y::text END
$$;

-- The worker of all. `kind` is the function's name; `at` is the time of 'now', NULL in the `_fixed` twins. It
-- reads the session's zone only where `at` is given, and those callers pass statement_timestamp() and are
-- STABLE, so IMMUTABLE holds. For julianday and unixepoch the result is a `jd`; for timediff its parts.
CREATE OR REPLACE FUNCTION sqlite._moment(kind text, format text, args text[], at timestamptz) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    blanks CONSTANT text COLLATE "C" := E' \t\n\x0b\f\r';
    last CONSTANT bigint := 464269060799999;  -- 9999-12-31 23:59:59.999
    count int := cardinality(args);
    z text COLLATE "C";
    part text COLLATE "C";
    size int;
    sign int;
    place int;
    packed bigint;
    r double precision;
    clock double precision[];
    parts_of bigint[];          -- local year, month, day, milliseconds of the day
    -- the moment, as SQLite has it: any of jd, date and time of day may be missing
    jd bigint := 0;
    y int := 0;
    m int := 0;
    d int := 0;
    h int := 0;
    mi int := 0;
    s double precision := 0;
    zone int := 0;
    has_jd boolean := false;
    has_date boolean := false;
    has_time boolean := false;
    raw boolean := false;       -- s is a number of unknown meaning
    zoned boolean := false;
    failed boolean := false;
    subsec boolean := false;
    over int := 0;              -- days that d lies beyond its month, for 'floor'
    -- what a modifier does
    step text COLLATE "C";
    years int;
    months int;
    amount bigint;
    ms bigint;
    day timestamp;
    parts text[] COLLATE "C";
    result text COLLATE "C";
BEGIN
    IF format IS NULL OR count IS NULL THEN
        RETURN NULL;
    END IF;
    z := CASE WHEN count = 0 THEN 'now' ELSE args[1] END;
    size := octet_length(z);

    -- the time value
    IF size >= 19 AND (z LIKE '____-__-__ __:__:__%' OR z LIKE '____-__-__T__:__:__%') THEN
        part := translate(left(z, 19), '- :T', '');
        IF octet_length(part) <> 14 OR ltrim(part, '0123456789') <> '' THEN
            RETURN NULL;
        END IF;
        packed := part::bigint;
        IF packed / 100000000 % 100 NOT BETWEEN 1 AND 12 OR packed / 1000000 % 100 NOT BETWEEN 1 AND 31
           OR packed / 10000 % 100 > 24 OR packed / 100 % 100 > 59 OR packed % 100 > 59 THEN
            RETURN NULL;
        END IF;
        IF size = 19 AND count = 1 AND packed < 99991231240000 THEN
            CASE kind
                WHEN 'datetime' THEN RETURN overlay(z PLACING ' ' FROM 11);
                WHEN 'date' THEN RETURN left(z, 10);
                WHEN 'time' THEN RETURN right(z, 8);
                ELSE
            END CASE;
        END IF;
        y := (packed / 10000000000)::int;
        m := (packed / 100000000 % 100)::int;
        d := (packed / 1000000 % 100)::int;
        has_date := true;
        IF size > 19 THEN
            part := substr(z, 21);
            size := octet_length(part);
            IF substr(z, 20, 1) = '.' AND size BETWEEN 1 AND 15 AND ltrim(part, '0123456789') = '' THEN
                h := (packed / 10000 % 100)::int;
                mi := (packed / 100 % 100)::int;
                s := packed % 100 + part::double precision / ('1e' || size)::double precision;
                has_time := true;
            ELSE
                clock := sqlite._moment_clock(substr(z, 12));
                IF clock IS NULL THEN
                    RETURN NULL;
                END IF;
            END IF;
        ELSE
            h := (packed / 10000 % 100)::int;
            mi := (packed / 100 % 100)::int;
            s := packed % 100;
            has_time := true;
        END IF;
    ELSIF size = 10 AND z LIKE '____-__-__' THEN
        part := replace(z, '-', '');
        IF octet_length(part) <> 8 OR ltrim(part, '0123456789') <> '' THEN
            RETURN NULL;
        END IF;
        packed := part::bigint;
        IF packed / 100 % 100 NOT BETWEEN 1 AND 12 OR packed % 100 NOT BETWEEN 1 AND 31 THEN
            RETURN NULL;
        END IF;
        IF count = 1 THEN
            CASE kind
                WHEN 'date' THEN RETURN z;
                WHEN 'datetime' THEN RETURN z || ' 00:00:00';
                WHEN 'time' THEN RETURN '00:00:00';
                ELSE
            END CASE;
        END IF;
        y := (packed / 10000)::int;
        m := (packed / 100 % 100)::int;
        d := (packed % 100)::int;
        has_date := true;
    ELSIF size BETWEEN 1 AND 15 AND ltrim(z, '0123456789') = '' THEN
        raw := true;
        s := z::double precision;
    ELSIF size = 3 AND lower(z) = 'now' THEN
        step := 'now';
    ELSIF z LIKE '____-__-__%' OR z LIKE '-____-__-__%' THEN
        sign := CASE WHEN z LIKE '-%' THEN -1 ELSE 1 END;
        part := CASE WHEN sign < 0 THEN substr(z, 2) ELSE z END;
        IF translate(left(part, 10), '0123456789', '') <> '--' THEN
            RETURN NULL;
        END IF;
        y := sign * left(part, 4)::int;
        m := substr(part, 6, 2)::int;
        d := substr(part, 9, 2)::int;
        IF m NOT BETWEEN 1 AND 12 OR d NOT BETWEEN 1 AND 31 THEN
            RETURN NULL;
        END IF;
        has_date := true;
        part := ltrim(substr(part, 11), blanks || 'T');
        IF part <> '' THEN
            clock := sqlite._moment_clock(part);
            IF clock IS NULL THEN
                RETURN NULL;
            END IF;
        END IF;
    ELSIF z LIKE '__:__%' THEN
        clock := sqlite._moment_clock(z);
        IF clock IS NULL THEN
            RETURN NULL;
        END IF;
    ELSE
        s := sqlite._moment_number(z);
        IF s IS NOT NULL THEN
            raw := true;
        ELSIF lower(z) IN ('subsec', 'subsecond') THEN
            step := 'now';
            subsec := true;
        ELSE
            RETURN NULL;
        END IF;
    END IF;
    IF clock IS NOT NULL THEN
        h := clock[1];
        mi := clock[2];
        s := clock[3];
        zone := clock[4];
        zoned := clock[5] = 1;
        has_time := true;
        IF zone <> 0 AND has_date THEN
            IF y < -4713 THEN
                failed := true;
                zoned := false;
                y := 0; m := 0; d := 0; h := 0; mi := 0; s := 0;
            ELSE
                jd := sqlite._moment_midnight(y, m, d) + h * 3600000 + mi * 60000
                      + trunc(s * 1000 + 0.5)::bigint - zone * 60000;
                has_jd := true;
            END IF;
            has_date := false;
            has_time := false;
            zone := 0;
        END IF;
    ELSIF raw THEN
        IF s >= 0 AND s < 5373484.5 THEN
            jd := trunc(s * 86400000 + 0.5)::bigint;
            has_jd := true;
        END IF;
    ELSIF step = 'now' THEN
        IF at IS NULL THEN
            RAISE EXCEPTION 'non-deterministic use of %() in an index', kind USING ERRCODE = '42P17';
        END IF;
        jd := floor(date_part('epoch', at) * 1000)::bigint + 210866760000000;
        has_jd := true;
    END IF;
    IF kind = 'timediff' AND has_time THEN
        -- 3.40 has no timediff: times are as 3.54 reads them
        IF h = 24 AND (mi > 0 OR s > 0) THEN
            RETURN NULL;
        END IF;
        s := least(s, trunc(s) + 0.999::double precision);
    END IF;
    IF d > 28 THEN
        over := sqlite._moment_over(y, m, d);
    END IF;

    -- the modifiers, and after them one more turn that completes the result
    FOR i IN 2..greatest(count, 1) + 1 LOOP
        amount := 0;
        years := 0;
        months := 0;
        step := NULL;
        IF i > count THEN
            EXIT WHEN has_jd;
            step := 'end';
        ELSE
            z := args[i];
            place := ascii(z);
            IF place BETWEEN 48 AND 57 OR place IN (43, 45) THEN
                sign := CASE place WHEN 45 THEN -1 ELSE 1 END;
                size := CASE WHEN place < 48 THEN 1 ELSE 0 END;  -- of the sign
                place := strpos(z, ' ');
                part := left(z, greatest(place - 1, 0));
                r := NULL;
                IF place BETWEEN size + 2 AND 16 AND ltrim(substr(part, 1 + size), '0123456789') = '' THEN
                    r := part::double precision;
                ELSIF size = 1 AND z LIKE '_____-%' AND ltrim(substr(z, 2, 4), '0123456789') = '' THEN
                    step := 'shift';
                    place := 6;
                ELSIF size = 1 AND z LIKE '______-%' AND ltrim(substr(z, 2, 5), '0123456789') = ''
                      AND substr(z, 2, 5) <= '14712' THEN
                    step := 'shift';
                    place := 7;
                ELSIF substr(z, size + 3, 1) = ':' THEN
                    step := 'add';
                    place := size;
                ELSE
                    part := split_part(translate(z, E'\t\n\x0b\f\r', '     '), ' ', 1);
                    r := sqlite._moment_number(part);
                    IF r IS NULL THEN
                        RETURN NULL;
                    END IF;
                    place := length(part) + 1;
                END IF;
                IF r IS NOT NULL THEN
                    part := lower(ltrim(substr(z, place), blanks));
                    CASE part
                        WHEN 'day', 'days' THEN
                            IF abs(r) >= 5373485 THEN
                                RETURN NULL;
                            END IF;
                            amount := trunc(r * 1000 * 86400
                                            + CASE WHEN r < 0 THEN -0.5 ELSE 0.5 END)::bigint;
                            step := 'add';
                        WHEN 'month', 'months' THEN
                            IF abs(r) >= 176546 THEN
                                RETURN NULL;
                            END IF;
                            months := trunc(r)::int;
                            amount := trunc((r - months) * 1000 * 2592000
                                            + CASE WHEN r < 0 THEN -0.5 ELSE 0.5 END)::bigint;
                            step := 'months';
                        WHEN 'hour', 'hours' THEN
                            IF abs(r) >= 128969998336 THEN
                                RETURN NULL;
                            END IF;
                            amount := trunc(r * 1000 * 3600 + CASE WHEN r < 0 THEN -0.5 ELSE 0.5 END)::bigint;
                            step := 'add';
                        WHEN 'minute', 'minutes' THEN
                            IF abs(r) >= 7737900007424 THEN
                                RETURN NULL;
                            END IF;
                            amount := trunc(r * 1000 * 60 + CASE WHEN r < 0 THEN -0.5 ELSE 0.5 END)::bigint;
                            step := 'add';
                        WHEN 'second', 'seconds' THEN
                            IF abs(r) >= 464269992787968 THEN
                                RETURN NULL;
                            END IF;
                            amount := trunc(r * 1000 + CASE WHEN r < 0 THEN -0.5 ELSE 0.5 END)::bigint;
                            step := 'add';
                        WHEN 'year', 'years' THEN
                            IF abs(r) >= 14713 THEN
                                RETURN NULL;
                            END IF;
                            years := trunc(r)::int;
                            amount := trunc((r - years) * 1000 * 31536000
                                            + CASE WHEN r < 0 THEN -0.5 ELSE 0.5 END)::bigint;
                            step := 'months';
                        ELSE
                            RETURN NULL;
                    END CASE;
                    over := 0;
                ELSE
                    IF step = 'shift' THEN
                        part := substr(z, place, 6);
                        IF part NOT LIKE '-__-__' OR translate(part, '0123456789', '') <> '--' THEN
                            RETURN NULL;
                        END IF;
                        years := sign * substr(z, 2, place - 2)::int;
                        months := sign * substr(part, 2, 2)::int;
                        size := substr(part, 5, 2)::int;
                        IF abs(months) > 11 OR size > 30 THEN
                            RETURN NULL;
                        END IF;
                        amount := sign * size * 86400000::bigint;
                        z := substr(z, place + 6);
                        IF z <> '' AND ltrim(left(z, 1), blanks) <> '' THEN
                            RETURN NULL;
                        END IF;
                        place := 1;
                    END IF;
                    IF step = 'add' OR z <> '' THEN
                        clock := sqlite._moment_clock(substr(z, place + 1));
                        IF clock IS NULL THEN
                            RETURN NULL;
                        END IF;
                        ms := (clock[1] * 3600000 + clock[2] * 60000 - clock[4] * 60000)::bigint
                              + trunc(clock[3] * 1000 + 0.5)::bigint;
                        amount := amount + sign * ((ms + 86400000) % 86400000);
                    END IF;
                END IF;
            ELSE
                step := lower(z);
                CASE step
                    WHEN 'unixepoch' THEN
                        r := s * 1000 + 210866760000000;
                        IF NOT raw OR i > 2 OR r < 0 OR r >= 464269060800000 THEN
                            RETURN NULL;
                        END IF;
                        jd := trunc(r + 0.5)::bigint;
                        has_jd := true;
                        has_date := false;
                        has_time := false;
                        raw := false;
                        CONTINUE;
                    WHEN 'localtime', 'utc' THEN
                        IF at IS NULL THEN
                            RAISE EXCEPTION 'non-deterministic use of %() in an index', kind
                                USING ERRCODE = '42P17';
                        END IF;
                        CONTINUE WHEN step = 'utc' AND zoned;
                    WHEN 'start of day', 'start of month', 'start of year' THEN
                        IF NOT (has_jd OR has_date OR has_time) THEN
                            RETURN NULL;
                        END IF;
                    WHEN 'subsec', 'subsecond' THEN
                        subsec := true;
                        CONTINUE;
                    WHEN 'floor', 'ceiling' THEN
                        -- both need the day only
                    WHEN 'auto' THEN
                        IF i > 2 THEN
                            RETURN NULL;
                        END IF;
                        IF NOT raw OR has_jd THEN
                            raw := false;
                        ELSIF s >= -210866760000 AND s <= 253402300799 THEN
                            jd := trunc(s * 1000 + 210866760000000 + 0.5)::bigint;
                            has_jd := true;
                            raw := false;
                        END IF;
                        CONTINUE;
                    WHEN 'julianday' THEN
                        IF i > 2 OR NOT has_jd OR NOT raw THEN
                            RETURN NULL;
                        END IF;
                        raw := false;
                        CONTINUE;
                    ELSE
                        IF step NOT LIKE 'weekday %' OR step IS NULL THEN
                            RETURN NULL;
                        END IF;
                        r := sqlite._moment_number(substr(step, 9));
                        IF r <= -7 OR r >= 7 OR r <> trunc(r) OR r IS NULL THEN
                            RETURN NULL;
                        END IF;
                        step := 'weekday';
                END CASE;
            END IF;
        END IF;

        -- what SQLite calls computeJD
        IF has_time AND NOT has_jd AND NOT has_date
           AND step IN ('shift', 'weekday', 'start of day', 'start of month', 'start of year') THEN
            -- a time of day alone: these take it as it is written
            y := 2000;
            m := 1;
            d := 1;
            has_date := true;
            zone := CASE step WHEN 'shift' THEN zone ELSE 0 END;
        ELSIF NOT has_jd THEN
            IF raw OR has_date AND y < -4713 THEN
                failed := true;
                jd := 0; y := 0; m := 0; d := 0; h := 0; mi := 0; s := 0; zone := 0; over := 0;
                has_date := false; has_time := false; raw := false; zoned := false; subsec := false;
                IF step = 'add' AND r IS NOT NULL THEN
                    jd := 211813444800000;  -- 2000-01-01
                    has_jd := true;
                ELSIF step = 'weekday' THEN
                    h := 12;
                    has_time := true;
                ELSIF step = 'shift' THEN
                    jd := 211813488000000 + amount;
                    has_jd := true;
                    CONTINUE;
                END IF;
            ELSE
                jd := CASE WHEN has_date THEN sqlite._moment_midnight(y, m, d) ELSE 211813444800000 END;
                has_jd := true;
                IF has_time THEN
                    jd := jd + h * 3600000 + mi * 60000 + trunc(s * 1000 + 0.5)::bigint - zone * 60000;
                    IF zone <> 0 THEN
                        zone := 0;
                        has_date := false;
                        has_time := false;
                    END IF;
                END IF;
            END IF;
        END IF;

        -- those that need milliseconds only
        IF step = 'add' THEN
            jd := jd + amount;
            IF abs(jd) > 4000000000000000000 THEN
                RETURN NULL;
            END IF;
            has_date := false;
            has_time := false;
            CONTINUE;
        END IF;
        EXIT WHEN step = 'end';
        IF step IN ('floor', 'ceiling') THEN
            jd := jd - CASE step WHEN 'floor' THEN over ELSE 0 END * 86400000::bigint;
            over := CASE step WHEN 'floor' THEN over ELSE 0 END;
            has_date := false;
            has_time := false;
            CONTINUE;
        ELSIF step = 'localtime' THEN
            IF jd BETWEEN 210866760000000 AND 213014145600000 THEN
                day := to_timestamp((jd / 1000 - 210866760000)::double precision)::timestamp;
                jd := date_part('epoch', day)::bigint * 1000 + jd % 1000 + 210866760000000;
                has_date := false;
                has_time := false;
            ELSE
                IF NOT has_jd THEN
                    parts_of := sqlite._moment_local(0, 2000, 1, 1, 0);
                ELSIF has_date THEN
                    parts_of := sqlite._moment_local(jd, y, m, d, CASE WHEN has_time THEN
                        h * 3600000 + mi * 60000 + trunc(s * 1000 + 0.5)::int END);
                ELSE
                    parts_of := sqlite._moment_local(jd, NULL, NULL, NULL, NULL);
                END IF;
                y := parts_of[1]::int;
                m := parts_of[2]::int;
                d := parts_of[3]::int;
                h := (parts_of[4] / 3600000)::int;
                mi := (parts_of[4] / 60000 % 60)::int;
                s := (parts_of[4] % 60000) / 1000.0::double precision;
                has_date := true;
                has_time := true;
                has_jd := false;
            END IF;
            raw := false;
            failed := false;
            CONTINUE;
        ELSIF step = 'utc' THEN
            amount := jd;  -- the local time wanted
            ms := 0;
            FOR turn IN 1..4 LOOP
                jd := jd - ms;
                parts_of := sqlite._moment_local(jd, NULL, NULL, NULL, NULL);
                ms := CASE WHEN parts_of[1] NOT BETWEEN -4713 AND 9999 THEN 0 ELSE
                    sqlite._moment_midnight(parts_of[1]::int, parts_of[2]::int, parts_of[3]::int)
                    + parts_of[4]
                END - amount;
                EXIT WHEN ms = 0;
            END LOOP;
            has_jd := true;
            has_date := false;
            has_time := false;
            raw := false;
            zoned := true;
            failed := false;
            subsec := false;
            over := 0;
            CONTINUE;
        END IF;

        -- computeYMD
        IF NOT has_date THEN
            IF NOT has_jd THEN
                y := 2000;
                m := 1;
                d := 1;
                has_date := true;
            ELSIF jd < 0 OR jd > last THEN
                failed := true;
                jd := 0; y := 0; m := 0; d := 0; h := 0; mi := 0; s := 0; zone := 0; over := 0;
                has_jd := false; has_time := false; raw := false; zoned := false; subsec := false;
            ELSE
                day := sqlite._moment_day(jd);
                y := sqlite._moment_year(day);
                m := date_part('month', day);
                d := date_part('day', day);
                has_date := true;
            END IF;
        END IF;
        IF step LIKE 'start%' THEN
            h := 0;
            mi := 0;
            s := 0;
            zone := 0;
            IF step <> 'start of day' THEN
                d := 1;
                IF step = 'start of year' THEN
                    m := 1;
                END IF;
            END IF;
            raw := false;
            has_time := true;
            has_jd := false;
            CONTINUE;
        END IF;
        -- computeHMS
        IF NOT has_time THEN
            ms := CASE WHEN has_jd THEN (jd + 43200000) % 86400000 ELSE 0 END;
            h := (ms / 3600000)::int;
            mi := (ms / 60000 % 60)::int;
            s := (ms % 60000) / 1000.0::double precision;
            raw := false;
            has_time := true;
        END IF;
        IF step <> 'weekday' THEN
            y := y + years;
            m := m + months;
            IF m NOT BETWEEN 1 AND 12 THEN
                place := CASE WHEN m > 0 THEN (m - 1) / 12 ELSE (m - 12) / 12 END;
                y := y + place;
                m := m - place * 12;
            END IF;
            over := CASE WHEN d > 28 THEN sqlite._moment_over(y, m, d) ELSE 0 END;
        END IF;
        -- computeJD
        IF has_date AND y NOT BETWEEN -4713 AND 9999 THEN
            failed := true;
            jd := 0; y := 0; m := 0; d := 0; h := 0; mi := 0; s := 0; over := 0;
            has_jd := false; raw := false; zoned := false; subsec := false;
        ELSE
            jd := CASE WHEN has_date THEN sqlite._moment_midnight(y, m, d) ELSE 211813444800000 END
                  + h * 3600000 + mi * 60000 + trunc(s * 1000 + 0.5)::bigint - zone * 60000;
            has_jd := true;
            IF step = 'weekday' THEN
                amount := CASE
                    WHEN r < 0 THEN ((jd + 129600000) / 86400000 % 7 + r::int + 7) % 7 * -86400000
                    ELSE (r::int - (jd + 129600000) / 86400000 % 7 + 7) % 7 * 86400000
                END;
            END IF;
            jd := jd + amount;
        END IF;
        zone := 0;
        has_date := false;
        has_time := false;
    END LOOP;
    IF failed OR jd < 0 OR jd > last THEN
        RETURN NULL;
    END IF;

    -- the result
    IF kind IN ('julianday', 'unixepoch') THEN
        RETURN CASE WHEN format = 'real' AND NOT subsec THEN jd - jd % 1000 ELSE jd END;
    END IF;
    IF kind = 'timediff' THEN
        has_date := false;
        has_time := false;
    END IF;
    IF NOT has_date AND kind <> 'time' THEN
        day := sqlite._moment_day(jd);
        y := sqlite._moment_year(day);
        m := date_part('month', day);
        d := date_part('day', day);
    END IF;
    IF NOT has_time THEN
        ms := (jd + 43200000) % 86400000;
        h := (ms / 3600000)::int;
        mi := (ms / 60000 % 60)::int;
        s := (ms % 60000) / 1000.0::double precision;
    END IF;
    IF kind = 'timediff' THEN
        RETURN concat_ws(' ', jd, y, m, d, h * 3600000 + mi * 60000 + trunc(s * 1000 + 0.5));
    END IF;
    IF kind <> 'strftime' THEN
        IF kind = 'date' THEN
            result := to_char(abs(y) * 10000 + m * 100 + d, 'FM0000"-"00"-"00');
        ELSE
            packed := h * 10000 + mi * 100 + trunc(s)::int;
            IF subsec THEN
                place := trunc(s * 1000 + 0.5)::int;
                packed := h * 10000 + mi * 100 + place / 1000;
            END IF;
            IF kind = 'time' THEN
                result := to_char(packed, 'FM00":"00":"00');
            ELSE
                result := to_char((abs(y) * 10000 + m * 100 + d) * 1000000::bigint + packed,
                                  'FM0000"-"00"-"00" "00":"00":"00');
            END IF;
            IF subsec THEN
                result := result || to_char(place % 1000, 'FM"."000');
            END IF;
        END IF;
        IF y < 0 AND kind <> 'time' THEN
            result := '-' || result;
        END IF;
        RETURN result;
    END IF;

    -- an empty part is the second of two '%' together; the part after it is text
    z := format;
    parts := string_to_array(z, '%');
    result := coalesce(parts[1], '');
    size := coalesce(array_length(parts, 1), 1);
    place := 2;
    WHILE place <= size LOOP
        part := parts[place];
        step := left(part, 1);
        IF step = '' THEN
            IF place = size THEN
                RETURN NULL;
            END IF;
            result := result || '%' || parts[place + 1];
            place := place + 2;
            CONTINUE;
        END IF;
        IF step IN ('j', 'U', 'W', 'G', 'g', 'V') THEN
            ms := h * 3600000 + mi * 60000 + trunc(s * 1000 + 0.5)::bigint;
            amount := jd;
            years := y;
            IF step IN ('G', 'g', 'V') THEN  -- of the Thursday of the week
                amount := jd + (3 - (jd + 43200000) / 86400000 % 7) * 86400000;
                years := sqlite._moment_year(sqlite._moment_day(amount));
            END IF;
            sign := ((amount - ms - sqlite._moment_midnight(years, 1, 1) + 43200000) / 86400000)::int;
        END IF;
        part := CASE step
            WHEN 'Y' THEN sqlite._moment_padded(y)
            WHEN 'm' THEN to_char(m, 'FM00')
            WHEN 'd' THEN to_char(d, 'FM00')
            WHEN 'H' THEN to_char(h, 'FM00')
            WHEN 'M' THEN to_char(mi, 'FM00')
            WHEN 'S' THEN to_char(trunc(s)::int, 'FM00')
            WHEN 's' THEN
                CASE WHEN subsec THEN round((jd - 210866760000000)::numeric / 1000, 3)::text
                     ELSE (jd / 1000 - 210866760000)::text END
            WHEN 'w' THEN ((jd + 129600000) / 86400000 % 7)::text
            WHEN 'j' THEN to_char(sign + 1, 'FM000')
            WHEN 'F' THEN sqlite._moment_padded(y) || to_char(m * 100 + d, 'FM"-"00"-"00')
            WHEN 'T' THEN to_char(h * 10000 + mi * 100 + trunc(s)::int, 'FM00":"00":"00')
            WHEN 'R' THEN to_char(h * 100 + mi, 'FM00":"00')
            WHEN 'f' THEN  -- as SQLite's printf rounds '%06.3f'
                to_char(trunc(least(s, 59.999))::int * 1000
                        + trunc((least(s, 59.999) - trunc(least(s, 59.999))) * 1000
                                + (0.5::double precision + least(s, 59.999) * 3e-13::double precision))::int,
                        'FM00"."000')
            WHEN 'W' THEN to_char((sign - (jd + 43200000) / 86400000 % 7 + 7) / 7, 'FM00')
            WHEN 'U' THEN to_char((sign - (jd + 129600000) / 86400000 % 7 + 7) / 7, 'FM00')
            WHEN 'V' THEN to_char(sign / 7 + 1, 'FM00')
            WHEN 'G' THEN sqlite._moment_padded(years)
            WHEN 'g' THEN
                CASE WHEN years % 100 < 0 THEN (years % 100)::text ELSE to_char(years % 100, 'FM00') END
            WHEN 'u' THEN (((jd + 43200000) / 86400000) % 7 + 1)::text
            WHEN 'e' THEN lpad(d::text, 2)
            WHEN 'k' THEN lpad(h::text, 2)
            WHEN 'I' THEN to_char(CASE WHEN h > 12 THEN h - 12 WHEN h = 0 THEN 12 ELSE h END, 'FM00')
            WHEN 'l' THEN lpad((CASE WHEN h > 12 THEN h - 12 WHEN h = 0 THEN 12 ELSE h END)::text, 2)
            WHEN 'p' THEN CASE WHEN h >= 12 THEN 'PM' ELSE 'AM' END
            WHEN 'P' THEN CASE WHEN h >= 12 THEN 'pm' ELSE 'am' END
            WHEN 'J' THEN sqlite._moment_julian_text(jd)
        END || substr(part, 2);
        IF part IS NULL THEN
            RETURN NULL;
        END IF;
        result := result || part;
        place := place + 1;
    END LOOP;
    RETURN result;
END $$;

-- timediff on the parts of its two times: what to add to `other` to come to `one`.
CREATE OR REPLACE FUNCTION sqlite._moment_difference(one text, other text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    a bigint[] := string_to_array(one, ' ')::bigint[];
    b bigint[] := string_to_array(other, ' ')::bigint[];
    forward int;
    y int;
    m int;
    rest bigint;
    years int;
    months int;
    day timestamp;
BEGIN
    IF one IS NULL OR other IS NULL THEN
        RETURN NULL;
    END IF;
    forward := CASE WHEN a[1] >= b[1] THEN 1 ELSE -1 END;
    y := a[2]::int;
    m := a[3]::int;
    years := forward * (a[2] - b[2])::int;
    months := forward * (a[3] - b[3])::int;
    IF months < 0 THEN
        years := years - 1;
        months := months + 12;
    END IF;
    LOOP
        -- a whole difference of years and months leaves the written moment, else its day and time in month m
        rest := forward * (a[1] - CASE
            WHEN y = b[2] AND m = b[3] THEN b[1]
            ELSE sqlite._moment_midnight(y, m, b[4]::int) + b[5]
        END);
        EXIT WHEN rest >= 0;
        months := months - 1;
        IF months < 0 THEN
            months := 11;
            years := years - 1;
        END IF;
        m := m - forward;
        IF m NOT BETWEEN 1 AND 12 THEN
            y := y - forward;
            m := m + 12 * forward;
        END IF;
    END LOOP;
    rest := rest + 148699540800000;  -- 0000-01-01
    day := sqlite._moment_day(rest);
    rest := (rest + 43200000) % 86400000;
    RETURN CASE forward WHEN 1 THEN '+' ELSE '-' END
        || CASE WHEN years > 9999 THEN years::text ELSE sqlite._moment_padded(years) END
        || to_char(months * 100 + date_part('day', day)::int - 1, 'FM"-"00"-"00" "')
        || to_char(rest / 3600000 * 10000000 + rest / 60000 % 60 * 100000 + rest % 60000,
                   'FM00":"00":"00"."000');
END $$;

-- What the translator calls. unixepoch_real is for where 'subsec' may be among the modifiers: with it the
-- milliseconds count, without it the value is that of unixepoch, which has whole seconds always.

CREATE OR REPLACE FUNCTION sqlite.date(VARIADIC args text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('date', '', args, statement_timestamp())
$$;

CREATE OR REPLACE FUNCTION sqlite.date() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('date', '', '{}', statement_timestamp())
$$;

CREATE OR REPLACE FUNCTION sqlite.date_fixed(VARIADIC args text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('date', '', args, NULL::timestamptz)
$$;

CREATE OR REPLACE FUNCTION sqlite.time(VARIADIC args text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('time', '', args, statement_timestamp())
$$;

CREATE OR REPLACE FUNCTION sqlite.time() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('time', '', '{}', statement_timestamp())
$$;

CREATE OR REPLACE FUNCTION sqlite.time_fixed(VARIADIC args text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('time', '', args, NULL::timestamptz)
$$;

CREATE OR REPLACE FUNCTION sqlite.datetime(VARIADIC args text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('datetime', '', args, statement_timestamp())
$$;

CREATE OR REPLACE FUNCTION sqlite.datetime() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('datetime', '', '{}', statement_timestamp())
$$;

CREATE OR REPLACE FUNCTION sqlite.datetime_fixed(VARIADIC args text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('datetime', '', args, NULL::timestamptz)
$$;

CREATE OR REPLACE FUNCTION sqlite.julianday(VARIADIC args text[]) RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('julianday', '', args, statement_timestamp())::bigint / 86400000.0::double precision
$$;

CREATE OR REPLACE FUNCTION sqlite.julianday() RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('julianday', '', '{}', statement_timestamp())::bigint / 86400000.0::double precision
$$;

CREATE OR REPLACE FUNCTION sqlite.julianday_fixed(VARIADIC args text[]) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('julianday', '', args, NULL::timestamptz)::bigint / 86400000.0::double precision
$$;

CREATE OR REPLACE FUNCTION sqlite.unixepoch(VARIADIC args text[]) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('unixepoch', '', args, statement_timestamp())::bigint / 1000 - 210866760000
$$;

CREATE OR REPLACE FUNCTION sqlite.unixepoch() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('unixepoch', '', '{}', statement_timestamp())::bigint / 1000 - 210866760000
$$;

CREATE OR REPLACE FUNCTION sqlite.unixepoch_fixed(VARIADIC args text[]) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('unixepoch', '', args, NULL::timestamptz)::bigint / 1000 - 210866760000
$$;

CREATE OR REPLACE FUNCTION sqlite.unixepoch_real(VARIADIC args text[]) RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT (sqlite._moment('unixepoch', 'real', args, statement_timestamp())::bigint - 210866760000000)
    / 1000.0::double precision
$$;

CREATE OR REPLACE FUNCTION sqlite.unixepoch_real() RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT (sqlite._moment('unixepoch', 'real', '{}', statement_timestamp())::bigint - 210866760000000)
    / 1000.0::double precision
$$;

CREATE OR REPLACE FUNCTION sqlite.unixepoch_real_fixed(VARIADIC args text[]) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT (sqlite._moment('unixepoch', 'real', args, NULL::timestamptz)::bigint - 210866760000000)
    / 1000.0::double precision
$$;

CREATE OR REPLACE FUNCTION sqlite.strftime(format text, VARIADIC args text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('strftime', format, args, statement_timestamp())
$$;

CREATE OR REPLACE FUNCTION sqlite.strftime(format text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('strftime', format, '{}', statement_timestamp())
$$;

CREATE OR REPLACE FUNCTION sqlite.strftime_fixed(format text, VARIADIC args text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._moment('strftime', format, args, NULL::timestamptz)
$$;

CREATE OR REPLACE FUNCTION sqlite.timediff(one text, other text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT sqlite._moment_difference(
    sqlite._moment('timediff', '', ARRAY[one], statement_timestamp()),
    sqlite._moment('timediff', '', ARRAY[other], statement_timestamp())
)
$$;

CREATE OR REPLACE FUNCTION sqlite.timediff_fixed(one text, other text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sqlite._moment_difference(
    sqlite._moment('timediff', '', ARRAY[one], NULL::timestamptz),
    sqlite._moment('timediff', '', ARRAY[other], NULL::timestamptz)
)
$$;
