CREATE TABLE "x""; drop table y; --"(id INTEGER PRIMARY KEY, "a""b'c" TEXT, "new
line" TEXT, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn1" TEXT, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn2" INT, "😀" TEXT, ctid TEXT, CTID_ TEXT, "select" INT, "%s %(a)s {}" TEXT, "\back" TEXT,
  "$$" TEXT DEFAULT 'a''); drop table y; --', "" TEXT);
CREATE TABLE y(id INTEGER PRIMARY KEY);
CREATE TABLE "Y y"(id INT);
CREATE INDEX "y_pkey" ON "Y y"(id);
CREATE INDEX "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" ON y(id);
CREATE TABLE t(id INTEGER PRIMARY KEY, u TEXT UNIQUE);
CREATE TABLE t_u_key(id INT);
CREATE VIEW t_pkey AS SELECT 1 AS x;
INSERT INTO "x""; drop table y; --" VALUES (1, 'a', 'b', 'c', 4, 'e', 'f', 'g', 9, 'h', 'i', 'j', 'k');
INSERT INTO y VALUES (1);
INSERT INTO t VALUES (1, 'a');
