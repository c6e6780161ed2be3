CREATE TABLE t(id INTEGER PRIMARY KEY, a BOOLEAN, b BOOLEAN, c BOOL, is_x INT DEFAULT 0, k INT CHECK (k IN (0, 1)),
  three BOOLEAN, said BOOLEAN, tiny TINYINT(1) NOT NULL DEFAULT 1);
INSERT INTO t VALUES (1, 'true', 'yes', 't', 1, 0, 2, 'maybe', 0), (2, 'false', 'no', NULL, 0, 1, 0, 'true', 1);
