-- PostgreSQL has at most 32 columns in an index, and no SET NULL on a generated column
CREATE TABLE wide(c0 INT, c1 INT, c2 INT, c3 INT, c4 INT, c5 INT, c6 INT, c7 INT, c8 INT, c9 INT, c10 INT, c11 INT, c12 INT, c13 INT, c14 INT, c15 INT, c16 INT, c17 INT, c18 INT, c19 INT, c20 INT, c21 INT, c22 INT, c23 INT, c24 INT, c25 INT, c26 INT, c27 INT, c28 INT, c29 INT, c30 INT, c31 INT, c32 INT, c33 INT, c34 INT, c35 INT, c36 INT, c37 INT, c38 INT, c39 INT);
CREATE INDEX ix ON wide(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31, c32, c33, c34, c35, c36, c37, c38, c39);
CREATE TABLE p(id INTEGER PRIMARY KEY);
CREATE TABLE c(a INT, g INT AS (a + 0) STORED REFERENCES p(id) ON DELETE SET NULL);
INSERT INTO p VALUES (1);
INSERT INTO c(a) VALUES (1);
INSERT INTO wide(c0, c39) VALUES (1, 2);
