CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, w TEXT);
INSERT INTO t VALUES (1, 'b', 'x'), (2, 'A', 'y'), (3, 'ä', 'z');
PRAGMA writable_schema = 1;
UPDATE sqlite_schema SET sql = replace(sql, 'v TEXT', 'v TEXT COLLATE localized') WHERE name = 't';
PRAGMA writable_schema = RESET;
