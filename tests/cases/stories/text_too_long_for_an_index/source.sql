CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT UNIQUE, w TEXT);
CREATE INDEX ix ON t(w);
INSERT INTO t VALUES (1, hex(randomblob(3000)), hex(randomblob(5000))), (2, 'a', 'b'), (3, NULL, hex(zeroblob(5000)));
