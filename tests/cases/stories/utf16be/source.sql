PRAGMA encoding = 'UTF-16be';
CREATE TABLE t(id TEXT PRIMARY KEY, v TEXT);
INSERT INTO t VALUES ('é', CAST(x'd83d0041' AS TEXT)), ('', '😀'), ('z', 'a' || char(0));
