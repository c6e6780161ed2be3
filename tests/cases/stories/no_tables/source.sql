PRAGMA user_version = 7;
PRAGMA application_id = 252006673;
CREATE TABLE t(x);
DROP TABLE t;
