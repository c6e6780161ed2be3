CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, active BOOLEAN DEFAULT 1, added DATETIME, mixed, j TEXT, note TEXT COLLATE NOCASE);
CREATE INDEX item_name ON item(name);
CREATE TABLE tag(item_id INTEGER NOT NULL, word TEXT NOT NULL, rank INTEGER, PRIMARY KEY(item_id, word)) WITHOUT ROWID;
CREATE TABLE code(id INTEGER PRIMARY KEY, code TEXT UNIQUE, label TEXT, CHECK (length(label) < 50));
CREATE VIEW named AS SELECT id, upper(name) AS "Name", typeof(mixed) AS class FROM item;
INSERT INTO item VALUES (1, 'apple', 1.5, 1, '2024-01-31 10:20:30', 1, '{"a":[1,2,{"b":"c"}],"x":null}', 'Note'), (2, 'Banana', 2.25, 0, '2024-02-29 00:00:00', 'text', '[]', 'NOTE'), (3, 'cherry', NULL, 1, NULL, 2.5, NULL, NULL), (4, 'date', 0.1, 0, '1999-12-31 23:59:59', x'6162', '{"a":5}', 'other'), (5, 'élan', 1e30, 1, '2024-02-28 12:00:00', NULL, '{"a":"s"}', '');
INSERT INTO tag VALUES (1, 'red', 3), (1, 'sweet', 1), (2, 'yellow', 2), (4, 'red', 9);
INSERT INTO code VALUES (1, 'A', 'first'), (2, 'B', 'second'), (3, 'C', NULL);
