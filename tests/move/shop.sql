-- One table of each kind that verification reads differently, small enough to move in a moment.
CREATE TABLE author(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, score REAL DEFAULT 1.5,
  born DATE, active BOOLEAN NOT NULL DEFAULT 1, CONSTRAINT sane CHECK (score > -1e300));
CREATE TABLE book(
  isbn TEXT PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES author(id), title TEXT, price NUMERIC(10,2),
  added TIMESTAMP DEFAULT CURRENT_TIMESTAMP, cover BLOB, meta JSON) WITHOUT ROWID;
CREATE TABLE log(level INTEGER, message TEXT, seen REAL);
CREATE TABLE anything(a, b);
CREATE TABLE audit(id INTEGER PRIMARY KEY, what TEXT);
CREATE INDEX book_title ON book(title, price DESC);
CREATE VIEW titles AS SELECT name, title FROM author JOIN book ON author.id = book.author_id;
CREATE TRIGGER book_added AFTER INSERT ON book BEGIN INSERT INTO audit(what) VALUES (new.title); END;
INSERT INTO author(id, name, score, born, active) VALUES
  (1, 'Ada', 0.1, '1815-12-10', 1), (2, 'Bob', 0.0, '1901-02-03', 0), (7, 'Cy', 2.5, NULL, 1);
INSERT INTO book VALUES
  ('a-1', 1, 'One', 10.50, '2024-01-02 03:04:05', x'00ff', '{"n": 1}'),
  ('a-2', 1, 'Two', 3.25, '2024-01-03 03:04:05', NULL, '{"n": [1, 2]}'),
  ('b-1', 7, 'Three', 7, '2024-01-04 03:04:05', x'', NULL);
INSERT INTO log VALUES (1, 'same', 0.5), (1, 'same', 0.5), (2, 'other', 1.5), (NULL, '', NULL);
INSERT INTO anything VALUES (1, 'x'), ('1', x'01'), (2.5, NULL);
