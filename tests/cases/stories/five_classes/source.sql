-- all five storage classes, and texts that look like escaped forms
CREATE TABLE t(id INTEGER PRIMARY KEY, x, y BLOB, z TEXT);
INSERT INTO t VALUES (1, 5, 5.0, '5'), (2, 5.0, 5, x'35'), (3, '5', NULL, '5.0'), (4, x'35', 'X''35''', 'it''s'),
  (5, NULL, '', NULL), (6, 'X''35''', '''a''', ''), (7, 'CAST(X''', 'Inf', 'NULL'), (8, 9e999, 'a' || char(0), 'a'),
  (9, '', x'', '-0'), (10, -9e999, '1e5', CAST(x'ff' AS TEXT));
