-- The functions that GeoPackage's triggers call to keep the R*Tree of a geometry column: the envelope of a
-- geometry blob, from its header, else from the coordinates (http://www.geopackage.org/spec131/#gpb_format).
-- SQLite itself lacks them; programs that write GeoPackages bring them along.

-- The double whose bits these are.
CREATE OR REPLACE FUNCTION sqlite.float64_of(bits bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT (CASE WHEN bits < 0 THEN -1 ELSE 1 END)::double precision
         * CASE (bits >> 52) & 2047
             WHEN 0 THEN (bits & 4503599627370495) * power(2::double precision, -1074)
             WHEN 2047 THEN CASE WHEN bits & 4503599627370495 = 0 THEN 'Infinity'::double precision
                                 ELSE 'NaN'::double precision END
             ELSE ((bits & 4503599627370495) + 4503599627370496)
                  * power(2::double precision, ((bits >> 52) & 2047) - 1075) END
$$;

-- The double at a place, counted from 0, the lowest byte first where `little`.
CREATE OR REPLACE FUNCTION sqlite.float64_at(blob bytea, place integer, little boolean) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT sqlite.float64_of(('x' || CASE WHEN little
    THEN regexp_replace(hex, '(..)(..)(..)(..)(..)(..)(..)(..)', '\8\7\6\5\4\3\2\1') ELSE hex END)::bit(64)::bigint)
  FROM (SELECT encode(substr(blob, place + 1, 8), 'hex')) AS one (hex)
$$;

CREATE OR REPLACE FUNCTION sqlite.uint32_at(blob bytea, place integer, little boolean) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN little
    THEN get_byte(blob, place) + (get_byte(blob, place + 1) << 8) + (get_byte(blob, place + 2) << 16)
         + (get_byte(blob, place + 3)::bigint << 24)
    ELSE get_byte(blob, place + 3) + (get_byte(blob, place + 2) << 8) + (get_byte(blob, place + 1) << 16)
         + (get_byte(blob, place)::bigint << 24) END
$$;

-- Widens `envelope` (least and greatest x, least and greatest y) by the well-known binary at `place`, and gives
-- the place behind it. A point without coordinates has NaN for them.
CREATE OR REPLACE FUNCTION sqlite.wkb_envelope(
  blob bytea, INOUT place integer, INOUT envelope double precision[]
) LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  little boolean := get_byte(blob, place) = 1;
  kind bigint := sqlite.uint32_at(blob, place + 1, little);
  shape integer := kind % 1000;
  width integer := 8 * CASE kind / 1000 WHEN 0 THEN 2 WHEN 3 THEN 4 ELSE 3 END;
  rings bigint := 1;
  points bigint := 1;
  x double precision;
  y double precision;
BEGIN
  IF kind / 1000 > 3 OR shape NOT BETWEEN 1 AND 7 THEN
    RAISE EXCEPTION 'a geometry of type % without an envelope', kind USING ERRCODE = '22000';
  END IF;
  place := place + 5;
  IF shape >= 4 THEN
    rings := sqlite.uint32_at(blob, place, little);
    place := place + 4;
    FOR n IN 1..rings LOOP
      SELECT inner_envelope.place, inner_envelope.envelope INTO place, envelope
      FROM sqlite.wkb_envelope(blob, place, envelope) AS inner_envelope;
    END LOOP;
    RETURN;
  ELSIF shape = 3 THEN
    rings := sqlite.uint32_at(blob, place, little);
    place := place + 4;
  END IF;
  FOR ring IN 1..rings LOOP
    IF shape <> 1 THEN
      points := sqlite.uint32_at(blob, place, little);
      place := place + 4;
    END IF;
    FOR n IN 1..points LOOP
      x := sqlite.float64_at(blob, place, little);
      y := sqlite.float64_at(blob, place + 8, little);
      place := place + width;
      CONTINUE WHEN x = 'NaN' OR y = 'NaN';
      envelope := CASE WHEN envelope IS NULL THEN ARRAY[x, x, y, y]
        ELSE ARRAY[least(envelope[1], x), greatest(envelope[2], x), least(envelope[3], y), greatest(envelope[4], y)] END;
    END LOOP;
  END LOOP;
END
$$;

-- Whether a blob has the header of a GeoPackage geometry; another format of geometries is an error, not silence.
CREATE OR REPLACE FUNCTION sqlite.is_geopackage(blob bytea) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF length(blob) >= 44 AND get_byte(blob, 0) = 0 AND get_byte(blob, 38) = 124 THEN
    RAISE EXCEPTION 'a geometry of SpatiaLite where one of GeoPackage is wanted' USING ERRCODE = '22000';
  END IF;
  RETURN length(blob) >= 8 AND substr(blob, 1, 2) = '\x4750'::bytea;
END
$$;

-- The envelope of a geometry: least and greatest x, least and greatest y; NULL of an empty one, of NULL and of
-- what is no geometry.
CREATE OR REPLACE FUNCTION sqlite.geopackage_envelope(blob bytea) RETURNS double precision[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  flags integer;
  kind integer;
  little boolean;
  found double precision[];
BEGIN
  IF NOT sqlite.is_geopackage(blob) THEN
    RETURN NULL;
  END IF;
  flags := get_byte(blob, 3);
  kind := (flags >> 1) & 7;
  little := flags & 1 = 1;
  IF flags & 16 <> 0 OR kind > 4 THEN
    RETURN NULL;
  ELSIF kind > 0 THEN
    RETURN ARRAY[sqlite.float64_at(blob, 8, little), sqlite.float64_at(blob, 16, little),
                 sqlite.float64_at(blob, 24, little), sqlite.float64_at(blob, 32, little)];
  END IF;
  SELECT envelope INTO found FROM sqlite.wkb_envelope(blob, 8, NULL);
  RETURN found;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.st_minx(blob bytea) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT (sqlite.geopackage_envelope(blob))[1] $$;

CREATE OR REPLACE FUNCTION sqlite.st_maxx(blob bytea) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT (sqlite.geopackage_envelope(blob))[2] $$;

CREATE OR REPLACE FUNCTION sqlite.st_miny(blob bytea) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT (sqlite.geopackage_envelope(blob))[3] $$;

CREATE OR REPLACE FUNCTION sqlite.st_maxy(blob bytea) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT (sqlite.geopackage_envelope(blob))[4] $$;

-- The header says whether a geometry is empty.
CREATE OR REPLACE FUNCTION sqlite.st_isempty(blob bytea) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN sqlite.is_geopackage(blob) THEN (get_byte(blob, 3) >> 4 & 1)::bigint END
$$;
