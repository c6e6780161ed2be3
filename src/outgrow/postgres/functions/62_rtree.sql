-- What an R*Tree makes of the coordinates and keys it is given (https://www.sqlite.org/rtree.html); the
-- triggers that `plan.rtree` puts on such tables call these.

-- A double as the nearest 32-bit float, as C casts it: beyond the range infinite, below it zero with its sign.
CREATE OR REPLACE FUNCTION sqlite.float32(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN abs(x) >= '3.4028235677973366e38'::double precision
              THEN CASE WHEN x > 0 THEN 'Infinity'::double precision ELSE '-Infinity'::double precision END
              WHEN abs(x) <= '7.006492321624085e-46'::double precision THEN x * 0
              ELSE x::real::double precision END
$$;

-- The least coordinate of a dimension, rounded down by the R*Tree's own rule; what is no number is 0.
CREATE OR REPLACE FUNCTION sqlite.rtree_down(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NULL OR x = 'NaN' THEN 0
              WHEN sqlite.float32(x) <= x THEN sqlite.float32(x)
              ELSE sqlite.float32(x * CASE WHEN x < 0 THEN '1.0000001192092896'::double precision
                                           ELSE '0.9999998807907104'::double precision END) END
$$;

-- The greatest coordinate, rounded up.
CREATE OR REPLACE FUNCTION sqlite.rtree_up(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NULL OR x = 'NaN' THEN 0
              WHEN sqlite.float32(x) >= x THEN sqlite.float32(x)
              ELSE sqlite.float32(x * CASE WHEN x < 0 THEN '0.9999998807907104'::double precision
                                           ELSE '1.0000001192092896'::double precision END) END
$$;

-- A coordinate of rtree_i32: the lowest 32 bits.
CREATE OR REPLACE FUNCTION sqlite.rtree_i32(x bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce((x & 4294967295) - CASE WHEN x & 2147483648 = 0 THEN 0 ELSE 4294967296 END, 0)
$$;

-- The key SQLite gives a row without one: after the greatest, and after the last possible one any that is
-- free. Two transactions that ask at once wait for each other.
CREATE OR REPLACE FUNCTION sqlite.next_rowid(relation regclass, key text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $$
DECLARE
  found bigint;
  taken boolean := true;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('outgrow.rowid', relation::oid::bigint));
  EXECUTE format('SELECT max(%I) FROM %s', key, relation) INTO found;
  IF found IS NULL THEN
    RETURN 1;
  ELSIF found < 9223372036854775807 THEN
    RETURN found + 1;
  END IF;
  WHILE taken LOOP
    found := floor(random() * 4611686018427387904)::bigint + 1;
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I = $1)', relation, key) INTO taken USING found;
  END LOOP;
  RETURN found;
END
$$;
