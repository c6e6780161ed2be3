CREATE TABLE t(id INTEGER PRIMARY KEY, repeated JSON, nul JSON, lone JSON, nan JSON, huge JSON, deep JSON, fine JSON,
  checked TEXT CHECK (json_valid(checked)), settings TEXT, broken JSON, scalars JSON);
INSERT INTO t VALUES (1, '{"a":1,"a":2}', '"\u0000"', '"\ud800"', 'NaN', '[1e400000]',
  replace(hex(zeroblob(501)), '00', '[') || replace(hex(zeroblob(501)), '00', ']'),
  '{"a":1.0,"b":"12e12345", "n":1e400,"z":-0,"e":0.00, "u":"\ud83d\ude00"}', '[1, 2]', '{"theme": "dark"}', '{bad', '"x"'),
  (2, '{}', '{}', '{}', '{}', '{}', '{}', '{}', 'null', '[]', '{}', 'null');
