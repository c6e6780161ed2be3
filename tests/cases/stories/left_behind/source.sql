-- what has no PostgreSQL equal is left with its text, and the rows move all the same
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT CHECK (v LIKE '%' OR json_error_position(v) = 0), d TEXT DEFAULT (sqlite_source_id()),
  g TEXT AS (json_error_position(v)) VIRTUAL);
CREATE INDEX ix ON t(json_error_position(v));
CREATE VIEW w AS SELECT sqlite_source_id() AS x FROM t;
CREATE VIEW broken AS SELECT a FROM gone;
CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT sqlite_source_id(); END;
INSERT INTO t(id, v, d) VALUES (1, '{"a":1}', 'x'), (2, '[]', NULL);
