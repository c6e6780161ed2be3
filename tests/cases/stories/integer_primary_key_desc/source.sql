-- no alias of the rowid, so it may hold NULL, twice
CREATE TABLE t(id INTEGER PRIMARY KEY DESC, v TEXT);
INSERT INTO t VALUES (1, 'a'), (NULL, 'b'), (NULL, 'c');
