PRAGMA ignore_check_constraints = 1;
CREATE TABLE t(id INTEGER PRIMARY KEY, age INT CHECK (age >= 0), CONSTRAINT young CHECK (age < 100));
INSERT INTO t VALUES (1, -5), (2, 5);
