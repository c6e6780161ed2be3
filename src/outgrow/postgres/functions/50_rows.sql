-- What only the row can tell: functions over a tagged value whose class decides what is done, and
-- storing it in a column of one type. Stands after the families of typed functions, which it calls.
-- Rules: https://www.sqlite.org/datatype3.html#storage_classes_and_datatypes

-- A number that a column of NUMERIC affinity holds as double: a whole one is an integer.
CREATE OR REPLACE FUNCTION sqlite.v_whole(number double precision) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN number = floor(number) AND abs(number) < 9223372036854775808
              THEN sqlite.v(number::bigint) ELSE sqlite.v(number) END
$$;

-- A decimal whose point says that it is a real.
CREATE OR REPLACE FUNCTION sqlite.v_pointed(number numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN scale(number) = 0 THEN sqlite.v(number) ELSE sqlite.v(number::double precision) END
$$;

CREATE OR REPLACE FUNCTION sqlite.length_from(value text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN left(value, 1) = 'b' THEN (length(value) - 1) / 2
              ELSE length(sqlite.text_from(value)) END::bigint
$$;

CREATE OR REPLACE FUNCTION sqlite.octet_length_from(value text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN left(value, 1) = 'b' THEN (length(value) - 1) / 2
              ELSE octet_length(sqlite.text_from(value)) END::bigint
$$;

CREATE OR REPLACE FUNCTION sqlite.hex_from(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN left(value, 1) = 'b' THEN upper(substr(value, 2))
              ELSE coalesce(upper(encode(convert_to(sqlite.text_from(value), 'UTF8'), 'hex')), '') END
$$;

CREATE OR REPLACE FUNCTION sqlite.substr_from(value text, start bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN left(value, 1) = 'b'
              THEN 'b' || encode(sqlite.substr(decode(substr(value, 2), 'hex'), start), 'hex')
              ELSE 't' || sqlite.substr(sqlite.text_from(value), start) END
$$;

CREATE OR REPLACE FUNCTION sqlite.substr_from(value text, start bigint, count bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN left(value, 1) = 'b'
              THEN 'b' || encode(sqlite.substr(decode(substr(value, 2), 'hex'), start, count), 'hex')
              ELSE 't' || sqlite.substr(sqlite.text_from(value), start, count) END
$$;

-- The character of bytes that are taken for a text at which others begin; zero bytes count like any.
CREATE OR REPLACE FUNCTION sqlite.instr_bytes(value bytea, part bytea) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  at integer := 1;
  count bigint := 0;
BEGIN
  WHILE at + length(part) <= length(value) + 1 LOOP
    count := count + 1;
    IF substr(value, at, length(part)) = part THEN
      RETURN count;
    END IF;
    at := at + 1;
    WHILE at <= length(value) AND get_byte(value, at - 1) BETWEEN 128 AND 191 LOOP
      at := at + 1;
    END LOOP;
  END LOOP;
  RETURN 0;
END
$$;

CREATE OR REPLACE FUNCTION sqlite.instr_from(value text, part text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN left(value, 1) = 'b' AND left(part, 1) = 'b'
              THEN sqlite.instr(decode(substr(value, 2), 'hex'), decode(substr(part, 2), 'hex'))
              WHEN left(value, 1) = 'b' OR left(part, 1) = 'b'
              THEN sqlite.instr_bytes(sqlite.blob_from(value), sqlite.blob_from(part))
              ELSE strpos(sqlite.text_from(value), sqlite.text_from(part)) END::bigint
$$;

CREATE OR REPLACE FUNCTION sqlite.ceil_from(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE left(number, 1) WHEN 'i' THEN number
                              WHEN 'r' THEN sqlite.v(ceil(substr(number, 2)::double precision)) END
  FROM (SELECT sqlite.numeric_affinity(value)) AS one(number)
$$;

CREATE OR REPLACE FUNCTION sqlite.floor_from(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE left(number, 1) WHEN 'i' THEN number
                              WHEN 'r' THEN sqlite.v(floor(substr(number, 2)::double precision)) END
  FROM (SELECT sqlite.numeric_affinity(value)) AS one(number)
$$;

CREATE OR REPLACE FUNCTION sqlite.trunc_from(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE left(number, 1) WHEN 'i' THEN number
                              WHEN 'r' THEN sqlite.v(trunc(substr(number, 2)::double precision)) END
  FROM (SELECT sqlite.numeric_affinity(value)) AS one(number)
$$;

-- The form in which a column of mixed values keeps them (types/values/escaped.py), and back.
CREATE OR REPLACE FUNCTION sqlite.unescape(kept text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN kept ~ '^-?(0|[1-9][0-9]*)$' THEN 'i' || kept
    WHEN kept ~ '^-?[0-9]+(\.[0-9]+(e[-+]?[0-9]+)?|e[-+]?[0-9]+)$' THEN sqlite.v(kept::double precision)
    WHEN kept = 'Inf' THEN 'rInfinity'
    WHEN kept = '-Inf' THEN 'r-Infinity'
    WHEN kept ~ '^X''[0-9A-F]*''$' THEN 'b' || lower(substr(kept, 3, length(kept) - 3))
    WHEN kept LIKE '''%' THEN 't' || replace(substr(kept, 2, length(kept) - 2), '''''', '''')
    ELSE 't' || kept END
$$;

CREATE OR REPLACE FUNCTION sqlite.escape(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE left(value, 1)
    WHEN 'i' THEN held
    WHEN 'r' THEN CASE held WHEN 'Infinity' THEN 'Inf' WHEN '-Infinity' THEN '-Inf'
                            ELSE held || CASE WHEN held ~ '[.e]' THEN '' ELSE '.0' END END
    WHEN 'b' THEN 'X''' || upper(held) || ''''
    ELSE CASE WHEN held ~ '^(-?(0|[1-9][0-9]*)|-?[0-9]+\.[0-9]+(e[-+]?[0-9]+)?|-?[0-9]+e[-+]?[0-9]+|-?Inf|X''[0-9A-F]*'')$'
                OR held LIKE '''%' OR held LIKE 'CAST(X''%'
              THEN '''' || replace(held, '''', '''''') || '''' ELSE held END END
  FROM (SELECT substr(value, 2)) AS one(held)
$$;

-- Raises the error for a tagged value that a column's type cannot keep; `kind` only carries the type.
CREATE OR REPLACE FUNCTION sqlite.misfit(value text, stored_in text, kind anyelement) RETURNS anyelement
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  said text := sqlite.quote(pg_catalog.left(value, 100));
BEGIN
  IF pg_catalog.length(value) > 100 THEN
    said := said || '…';
  END IF;
  RAISE EXCEPTION 'the column % is %, which cannot keep %', stored_in, pg_typeof(kind), said
    USING ERRCODE = '22000', HINT = 'Set another type for the column in the plan, and move again.';
END
$$;

CREATE OR REPLACE FUNCTION sqlite.store_integer(value text, stored_in text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN kept IS NULL THEN NULL WHEN left(kept, 1) = 'i' THEN substr(kept, 2)::bigint
              ELSE sqlite.misfit(kept, stored_in, NULL::bigint) END
  FROM (SELECT sqlite.integer_affinity(value)) AS one(kept)
$$;

CREATE OR REPLACE FUNCTION sqlite.store_boolean(value text, stored_in text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE kept WHEN 'i0' THEN false WHEN 'i1' THEN true
              ELSE CASE WHEN kept IS NOT NULL THEN sqlite.misfit(kept, stored_in, NULL::boolean) END END
  FROM (SELECT sqlite.integer_affinity(value)) AS one(kept)
$$;

CREATE OR REPLACE FUNCTION sqlite.store_real(value text, stored_in text) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN kept IS NULL THEN NULL
              WHEN left(kept, 1) IN ('i', 'r') THEN substr(kept, 2)::double precision
              ELSE sqlite.misfit(kept, stored_in, NULL::double precision) END
  FROM (SELECT sqlite.real_affinity(value)) AS one(kept)
$$;

CREATE OR REPLACE FUNCTION sqlite.store_numeric(value text, stored_in text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN kept IS NULL THEN NULL
              WHEN left(kept, 1) IN ('i', 'r') THEN substr(kept, 2)::numeric
              ELSE sqlite.misfit(kept, stored_in, NULL::numeric) END
  FROM (SELECT sqlite.numeric_affinity(value)) AS one(kept)
$$;

CREATE OR REPLACE FUNCTION sqlite.store_text(value text, stored_in text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN kept IS NULL THEN NULL WHEN left(kept, 1) = 't' THEN substr(kept, 2)
              ELSE sqlite.misfit(kept, stored_in, NULL::text) END
  FROM (SELECT sqlite.text_affinity(value)) AS one(kept)
$$;

CREATE OR REPLACE FUNCTION sqlite.store_blob(value text, stored_in text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN value IS NULL THEN NULL WHEN left(value, 1) = 'b' THEN decode(substr(value, 2), 'hex')
              ELSE sqlite.misfit(value, stored_in, NULL::bytea) END
$$;

-- A text as jsonb, by the rule of types/values/documents.py: an error where jsonb would not keep its meaning,
-- because a key repeats (the last would win) or numeric does not hold a number. `stored_in` is the column.
CREATE OR REPLACE FUNCTION sqlite.store_json(given text, stored_in text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE AS $$
DECLARE
  kept jsonb;
  lost text;
BEGIN
  IF given IS NULL THEN
    RETURN NULL;
  END IF;
  BEGIN
    kept := given::jsonb;
  EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    lost := SQLERRM;
  END;
  -- jsonb prints a colon for each key it kept, and those within strings: as many as there were is a proof.
  IF lost IS NULL AND (given ~ '\\u003[aA]|[0-9][eE][-+]?[0-9]{4}' OR length(given) > 16383
                       OR length(given) - length(replace(given, ':', ''))
                          <> length(kept::text) - length(replace(kept::text, ':', ''))) THEN
    lost := sqlite.lost_in_jsonb(given::json);
  END IF;
  IF lost IS NOT NULL THEN
    RAISE EXCEPTION 'the column % is jsonb, which cannot keep %: %', stored_in, quote_literal(left(given, 100)), lost
      USING ERRCODE = '22000',
      HINT = 'Set json = "json" in the plan for all documents, or the type text for the column, and move again.';
  END IF;
  RETURN kept;
END
$$;

-- What jsonb would lose of a document; NULL for nothing.
CREATE OR REPLACE FUNCTION sqlite.lost_in_jsonb(document json) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  number text[];
BEGIN
  CASE json_typeof(document)
    WHEN 'object' THEN
      IF (SELECT count(*) > count(DISTINCT key) FROM json_each(document)) THEN
        RETURN 'a key is there twice';
      END IF;
      RETURN (SELECT max(sqlite.lost_in_jsonb(value)) FROM json_each(document));
    WHEN 'array' THEN
      RETURN (SELECT max(sqlite.lost_in_jsonb(one.value)) FROM json_array_elements(document) AS one(value));
    WHEN 'number' THEN
      number := regexp_match(document::text, '^\s*-?(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?\s*$');
      IF length(number[1]) + coalesce(number[3]::numeric, 0) > 131072
         OR length(coalesce(number[2], '')) - coalesce(number[3]::numeric, 0) > 16383 THEN
        RETURN 'numeric does not hold a number';
      END IF;
    ELSE NULL;
  END CASE;
  RETURN NULL;
END
$$;

-- The text that a value is; an error for a value of another class, which the column's type cannot keep.
CREATE OR REPLACE FUNCTION sqlite.only_text(value text, stored_in text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN left(value, 1) = 't' THEN substr(value, 2)
              WHEN value IS NOT NULL THEN sqlite.misfit(value, stored_in, NULL::text) END
$$;

-- The same for a column that keeps the text as something else; `kind` only carries its type.
CREATE OR REPLACE FUNCTION sqlite.only_text(value text, stored_in text, kind anyelement) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN left(value, 1) = 't' THEN substr(value, 2)
              WHEN value IS NOT NULL THEN sqlite.misfit(value, stored_in, kind)::text END
$$;

-- What one session remembers of its statements; whoever runs them for the application sets it.
CREATE OR REPLACE FUNCTION sqlite.last_insert_rowid() RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
  SELECT coalesce(nullif(current_setting('outgrow.last_insert_rowid', true), '')::bigint, 0)
$$;

CREATE OR REPLACE FUNCTION sqlite.changes() RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
  SELECT coalesce(nullif(current_setting('outgrow.changes', true), '')::bigint, 0)
$$;

CREATE OR REPLACE FUNCTION sqlite.total_changes() RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
  SELECT coalesce(nullif(current_setting('outgrow.total_changes', true), '')::bigint, 0)
$$;

-- Says that the running statement replaces rows of the setting's table, for whose removal no trigger fires.
CREATE OR REPLACE FUNCTION sqlite.replacing(setting text) RETURNS boolean
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
  SELECT set_config(setting, statement_timestamp()::text, true) IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION sqlite.sqlite_version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT '3.40.1' $$;

-- A rowid that an UPDATE sets: NULL is none.
CREATE OR REPLACE FUNCTION sqlite.a_rowid(rowid bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF rowid IS NULL THEN
    RAISE EXCEPTION 'datatype mismatch' USING ERRCODE = '42804', DETAIL = 'A rowid cannot become NULL.';
  END IF;
  RETURN rowid;
END
$$;

-- The number that a sequence has given last, or that it was set to go on behind.
CREATE OR REPLACE FUNCTION sqlite.reached(sequence text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $$
DECLARE
  found bigint;
BEGIN
  EXECUTE 'SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM ' || sequence INTO found;
  RETURN found;
END
$$;

-- A key that a statement gives itself: NULL asks for the next one, and the next one goes beyond any other.
CREATE OR REPLACE FUNCTION sqlite.keep_rowid(relation text, key text, rowid bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $$
DECLARE
  sequence text := pg_get_serial_sequence(relation, key);
BEGIN
  IF sequence IS NULL THEN
    RETURN rowid;
  ELSIF rowid IS NULL THEN
    RETURN nextval(sequence);
  END IF;
  -- The builtin is cheaper; it knows nothing of a sequence that was set and has given no number since.
  IF rowid > coalesce(pg_sequence_last_value(sequence::regclass), sqlite.reached(sequence)) THEN
    PERFORM setval(sequence, rowid);
  END IF;
  RETURN rowid;
END
$$;

-- A number as a decimal whose point says that it is a real.
CREATE OR REPLACE FUNCTION sqlite.pointed(number text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN left(number, 1) = 'r' AND scale(exact) = 0 THEN exact + 0.0 ELSE exact END
  FROM (SELECT substr(number, 2)::numeric) AS one(exact)
$$;

-- Runs a statement for each row, as an UPDATE OR IGNORE or OR REPLACE does on SQLite: `keys` is a query for the
-- rows' keys, `change` changes the row whose key is $2 and gives at most one row; both find the parameters of
-- the whole in $1. With `ignoring`, a row that would break a rule of the table `relation` stays as it is.
CREATE OR REPLACE FUNCTION sqlite.each_row(
  relation text, keys text, change text, given text[], ignoring boolean
) RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $$
DECLARE
  key text[];
  made record;
  many bigint;
  rule_of text;
  rule_in text;
BEGIN
  FOR key IN EXECUTE keys USING given LOOP
    IF ignoring THEN
      BEGIN
        EXECUTE change INTO made USING given, key;
        GET DIAGNOSTICS many = ROW_COUNT;
      EXCEPTION WHEN unique_violation OR not_null_violation OR check_violation THEN
        GET STACKED DIAGNOSTICS rule_in = SCHEMA_NAME, rule_of = TABLE_NAME;
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c
                       JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                       WHERE c.oid = relation::regclass AND (n.nspname, c.relname) = (rule_in, rule_of)) THEN
          RAISE;
        END IF;
        many := 0;
      END;
    ELSE
      EXECUTE change INTO made USING given, key;
      GET DIAGNOSTICS many = ROW_COUNT;
    END IF;
    IF many > 0 THEN
      RETURN NEXT made;
    END IF;
  END LOOP;
END
$$;
-- True for a view with a trigger that stands instead of that event; an error for any other, as in SQLite.
CREATE OR REPLACE FUNCTION sqlite.changes_view(relation regclass, event text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
    -- bits of pg_trigger.tgtype: 64 INSTEAD, then the event
    bits int := 64 + CASE event WHEN 'INSERT' THEN 4 WHEN 'DELETE' THEN 8 ELSE 16 END;
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = relation AND t.tgtype & bits = bits) THEN
        RETURN true;
    END IF;
    RAISE EXCEPTION 'cannot modify % because it is a view', relation USING ERRCODE = 'wrong_object_type';
END $$;

-- The first instant, in steps of so many microseconds, whose text in that pattern is not less than the given
-- text (beyond: greater than it); infinity where there is none. With numeric, a text that looks like a number
-- is one, and so less than any text. Years 1 to 9999. The pattern is one of to_char in which nothing depends
-- on a setting; at its end [.FF6] stands for six digits that are left out when zero.
CREATE OR REPLACE FUNCTION sqlite.moment_from(
    given text, pattern text, step bigint, numeric_too boolean, beyond boolean
) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    least bigint := 0;
    most bigint := 315537897600000000 / step;  -- microseconds from year 1 to the end of 9999
    middle bigint;
    micros bigint;
    found timestamp;
    written text;
    whole text := replace(pattern, '[.FF6]', '');
    fractional text := replace(replace(pattern, '[', ''), ']', '');
BEGIN
    IF numeric_too AND sqlite.numeric_affinity('t' || given) NOT LIKE 't%' THEN
        RETURN '-infinity';
    END IF;
    IF given ~ '^\d{3}[1-9]-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])([ T]([01]\d|2[0-3])(:[0-5]\d){1,2}(\.\d{1,6})?)?$' THEN
        found := given::timestamp;
        IF to_char(found, CASE found WHEN date_trunc('second', found) THEN whole ELSE fractional END) = given THEN
            RETURN found + CASE WHEN beyond THEN step ELSE 0 END * interval '1 microsecond';
        END IF;
    END IF;
    WHILE least < most LOOP
        middle := (least + most) / 2;
        micros := middle * step;
        found := timestamp '0001-01-01' + (micros / 86400000000) * interval '1 day'
                 + (micros % 86400000000) * interval '1 microsecond';
        written := to_char(found, CASE micros % 1000000 WHEN 0 THEN whole ELSE fractional END);
        IF written COLLATE "C" > given OR (NOT beyond AND written = given) THEN
            most := middle;
        ELSE
            least := middle + 1;
        END IF;
    END LOOP;
    IF least = 315537897600000000 / step THEN
        RETURN 'infinity';
    END IF;
    micros := least * step;
    RETURN timestamp '0001-01-01' + (micros / 86400000000) * interval '1 day'
           + (micros % 86400000000) * interval '1 microsecond';
END $$;

-- The instant whose text in that pattern is the given one; infinity, which no text means, where there is none.
CREATE OR REPLACE FUNCTION sqlite.moment_at(given text, pattern text, step bigint, numeric_too boolean)
RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    found timestamp := sqlite.moment_from(given, pattern, step, numeric_too, false);
BEGIN
    RETURN CASE WHEN found < sqlite.moment_from(given, pattern, step, numeric_too, true) THEN found ELSE 'infinity' END;
END $$;
