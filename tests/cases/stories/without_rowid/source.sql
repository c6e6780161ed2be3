-- the key's columns in another order than the table's, one with a collation
CREATE TABLE t(c TEXT, b INT, a TEXT COLLATE NOCASE, PRIMARY KEY(a, b DESC)) WITHOUT ROWID;
INSERT INTO t VALUES ('x', 1, 'A'), ('y', 2, 'b'), ('z', 3, 'a'), ('é', 1, 'É'), ('w', 1, 'é');
