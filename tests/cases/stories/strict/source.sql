CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b REAL, c TEXT, d BLOB, e ANY) STRICT;
INSERT INTO t VALUES (1, 1, 2, '3', x'04', 5), (2, NULL, -1.5, '', x'', '5'), (3, 2, 9e999, 'a', x'00', x'35');
