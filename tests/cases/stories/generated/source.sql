CREATE TABLE t(a INT GENERATED ALWAYS AS (1) VIRTUAL, b INT, c INT AS (b * 2) STORED, d TEXT AS (b || 'x'));
CREATE TABLE only_one(a AS (upper(b)), b TEXT, c REAL AS (length(b) / 2.0) STORED);
INSERT INTO t(b) VALUES (1), (2), (NULL);
INSERT INTO only_one(b) VALUES ('x'), (NULL);
