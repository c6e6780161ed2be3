-- 5 and 5.0 are two values here
CREATE TABLE t(id INTEGER PRIMARY KEY, x, y BLOB, z);
INSERT INTO t VALUES (1, 5, 5, 0.5), (2, 5.0, 0.5, 9007199254740993), (3, 1e15, 7, 9e999), (4, NULL, NULL, -3);
