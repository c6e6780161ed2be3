-- sqlite-vec's functions over pgvector's types (https://alexgarcia.xyz/sqlite-vec/api-reference.html). Made only
-- where the extension is; `install` runs this again once it is. A float32 vector and an int8 vector are a
-- `vector`, a bit vector is a bit string whose bytes are those of the blob, lowest bit first.

DO $outgrow$
BEGIN
  IF to_regtype('vector') IS NULL THEN
    RETURN;
  END IF;
  EXECUTE $vectors$

-- The float whose bits these are.
CREATE OR REPLACE FUNCTION sqlite.float32_of(bits bigint) RETURNS real
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT ((CASE WHEN bits & 2147483648 = 0 THEN 1 ELSE -1 END)::double precision
          * CASE (bits >> 23) & 255
              WHEN 0 THEN (bits & 8388607) * power(2::double precision, -149)
              WHEN 255 THEN CASE WHEN bits & 8388607 = 0 THEN 'Infinity'::double precision
                                 ELSE 'NaN'::double precision END
              ELSE ((bits & 8388607) + 8388608) * power(2::double precision, ((bits >> 23) & 255) - 150) END)::real
$$;

CREATE OR REPLACE FUNCTION sqlite.vec_f32(blob bytea) RETURNS vector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF length(blob) = 0 OR length(blob) % 4 <> 0 THEN
    RAISE EXCEPTION 'invalid float32 vector BLOB length. Must be divisible by 4, found %', length(blob)
      USING ERRCODE = '22000';
  END IF;
  RETURN (SELECT array_agg(sqlite.float32_of(
            get_byte(blob, n) + (get_byte(blob, n + 1) << 8) + (get_byte(blob, n + 2) << 16)
            + (get_byte(blob, n + 3)::bigint << 24)) ORDER BY n)::real[]::vector
          FROM generate_series(0, length(blob) - 4, 4) AS n);
END
$$;

-- A JSON array, each number read as a double and rounded.
CREATE OR REPLACE FUNCTION sqlite.vec_f32(document text) RETURNS vector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF document !~ '^\s*\[' THEN
    RAISE EXCEPTION 'JSON array parsing error: Input does not start with ''[''' USING ERRCODE = '22000';
  END IF;
  RETURN (SELECT array_agg(sqlite.float32(number::double precision)::real ORDER BY n)::real[]::vector
          FROM json_array_elements_text(document::json) WITH ORDINALITY AS each (number, n));
END
$$;

CREATE OR REPLACE FUNCTION sqlite.vec_int8(blob bytea) RETURNS vector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT array_agg((get_byte(blob, n) + 128) % 256 - 128 ORDER BY n)::integer[]::vector
  FROM generate_series(0, length(blob) - 1) AS n
$$;

CREATE OR REPLACE FUNCTION sqlite.vec_int8(document text) RETURNS vector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  numbers integer[] := ARRAY(SELECT number::integer FROM json_array_elements_text(document::json)
                             WITH ORDINALITY AS each (number, n) ORDER BY n);
BEGIN
  IF numbers IS NULL OR -129 >= ANY (numbers) OR 128 <= ANY (numbers) THEN
    RAISE EXCEPTION 'JSON parsing error: value out of range for int8' USING ERRCODE = '22000';
  END IF;
  RETURN numbers::vector;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.vec_bit(blob bytea) RETURNS bit varying
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ('x' || encode(blob, 'hex'))::bit varying $$;

CREATE OR REPLACE FUNCTION sqlite.vec_bit(document text) RETURNS bit varying
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RAISE EXCEPTION 'a bit vector is given as a BLOB, not as a text' USING ERRCODE = '22000';
END
$$;

-- The same of a value whose class the row decides.
CREATE OR REPLACE FUNCTION sqlite.vec_from(value text, element text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF left(value, 1) NOT IN ('t', 'b') THEN
    RAISE EXCEPTION 'Input must have type BLOB (compact format) or TEXT (JSON)' USING ERRCODE = '22000';
  ELSIF element = 'float32' THEN
    RETURN CASE left(value, 1) WHEN 't' THEN sqlite.vec_f32(substr(value, 2))
                               ELSE sqlite.vec_f32(decode(substr(value, 2), 'hex')) END;
  ELSIF element = 'int8' THEN
    RETURN CASE left(value, 1) WHEN 't' THEN sqlite.vec_int8(substr(value, 2))
                               ELSE sqlite.vec_int8(decode(substr(value, 2), 'hex')) END;
  ELSIF left(value, 1) = 't' THEN
    RETURN sqlite.vec_bit(substr(value, 2));
  END IF;
  RETURN sqlite.vec_bit(decode(substr(value, 2), 'hex'));
END
$$;

-- The blobs that sqlite-vec keeps.
CREATE OR REPLACE FUNCTION sqlite.vec_blob(v vector) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT decode(regexp_replace(encode(substr(vector_send(v), 5), 'hex'), '(..)(..)(..)(..)', '\4\3\2\1', 'g'),
                'hex')
$$;

CREATE OR REPLACE FUNCTION sqlite.vec_int8_blob(v vector) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT decode(string_agg(lpad(to_hex(number::integer & 255), 2, '0'), '' ORDER BY n), 'hex')
  FROM unnest(v::real[]) WITH ORDINALITY AS each (number, n)
$$;

CREATE OR REPLACE FUNCTION sqlite.vec_bit_blob(v bit varying) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT substr(varbit_send(v), 5) $$;

CREATE OR REPLACE FUNCTION sqlite.vec_to_json(v vector) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT '[' || string_agg(sqlite.printf('%f', sqlite.v(number::double precision)), ',' ORDER BY n) || ']'
  FROM unnest(v::real[]) WITH ORDINALITY AS each (number, n)
$$;

CREATE OR REPLACE FUNCTION sqlite.vec_int8_to_json(v vector) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT v::text $$;

CREATE OR REPLACE FUNCTION sqlite.vec_bit_to_json(v bit varying) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT '[' || string_agg(get_bit(v, n / 8 * 8 + 7 - n % 8)::text, ',' ORDER BY n) || ']'
  FROM generate_series(0, length(v) - 1) AS n
$$;

-- sqlite-vec adds the squares up in 32 bits.
CREATE OR REPLACE FUNCTION sqlite.vec_normalize(v vector) RETURNS vector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  numbers real[] := v::real[];
  squares real := 0;
  number real;
BEGIN
  FOREACH number IN ARRAY numbers LOOP
    squares := squares + number * number;
  END LOOP;
  squares := sqrt(squares::double precision)::real;
  RETURN ARRAY(SELECT one / squares FROM unnest(numbers) WITH ORDINALITY AS each (one, n) ORDER BY n)::vector;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.vec_slice(v vector, start bigint, stop bigint) RETURNS vector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF start < 0 OR stop > vector_dims(v) OR start >= stop THEN
    RAISE EXCEPTION 'slice from % to % of a vector with % dimensions', start, stop, vector_dims(v)
      USING ERRCODE = '22000';
  END IF;
  RETURN (v::real[])[start + 1:stop]::vector;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.vec_quantize_binary(v vector) RETURNS bit varying
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  numbers real[] := v::real[];
BEGIN
  IF cardinality(numbers) % 8 <> 0 THEN
    RAISE EXCEPTION 'Binary quantization requires vectors with a length divisible by 8' USING ERRCODE = '22000';
  END IF;
  RETURN (SELECT string_agg(CASE WHEN numbers[n / 8 * 8 + 8 - n % 8] > 0 THEN '1' ELSE '0' END, '' ORDER BY n)
          FROM generate_series(0, cardinality(numbers) - 1) AS n)::bit varying;
END
$$;

  $vectors$;
END
$outgrow$;

-- Whether searches for neighbours may go by an index that finds nearly all of them.
CREATE OR REPLACE FUNCTION sqlite.nearest_approximately() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(current_setting('outgrow.nearest', true), '') = 'approximate'
$$;
