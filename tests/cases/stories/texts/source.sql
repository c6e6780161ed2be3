-- what a text format of COPY would have to escape, empty strings, declared sizes that nobody checks
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, s VARCHAR(3), st STRING, c CHAR(2), b BLOB);
INSERT INTO t VALUES (1, 'a' || char(9, 10, 13) || '\N', 'longer', 'x', 'é', 'text'), (2, '', '', 5, '', x'00'),
  (3, NULL, NULL, '007', NULL, NULL), (4, '\.', 'ab', 1.50, 'ab', ''), (5, '\N', 'é', NULL, 'ab ', x'');
