PRAGMA encoding = 'UTF-16le';
CREATE TABLE t(id INTEGER PRIMARY KEY, lone TEXT, v TEXT, "ü" TEXT, mixed);
INSERT INTO t VALUES (1, CAST(x'3dd8' AS TEXT), '😀é', 'a', 5), (2, '', NULL, 'b', 'é'), (3, CAST(x'610000003dd8' AS TEXT), 'q', 'c', x'3dd8');
