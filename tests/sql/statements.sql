SELECT * FROM item ORDER BY id
SELECT * FROM named ORDER BY id
SELECT i.*, t.* FROM item i LEFT JOIN tag t ON t.item_id = i.id ORDER BY i.id, t.word
SELECT ALL name FROM item WHERE id < 3
SELECT name, count(*) FROM item JOIN tag ON item.id = tag.item_id GROUP BY item.id HAVING count(*) > 1
SELECT word, name, max(rank) FROM tag JOIN item ON item.id = item_id
SELECT typeof(mixed), count(*) FROM item GROUP BY typeof(mixed) ORDER BY 1
SELECT mixed FROM item ORDER BY mixed
SELECT mixed FROM item ORDER BY mixed DESC, id
SELECT DISTINCT note FROM item WHERE note = 'note'
SELECT count(DISTINCT note) FROM item
SELECT note, count(*) FROM item GROUP BY note ORDER BY lower(note)
SELECT mixed + 1, mixed || 'x', -mixed, mixed * 2.0 FROM item ORDER BY id
SELECT id FROM item WHERE mixed > 1 ORDER BY id
SELECT id FROM item WHERE mixed = '1' OR mixed = 2.5 ORDER BY id
SELECT max(mixed), min(mixed), sum(mixed), total(mixed), avg(mixed), count(mixed) FROM item
SELECT group_concat(mixed, ';') FROM item
SELECT CASE id WHEN 1 THEN 'one' WHEN 2 THEN 2 WHEN 3 THEN 3.5 ELSE NULL END FROM item ORDER BY id
SELECT coalesce(price, name), ifnull(price, 'none'), nullif(id, 2), iif(active, 'on', 0) FROM item ORDER BY id
SELECT strftime('%Y-%m', added), count(*) FROM item GROUP BY 1 ORDER BY 1
SELECT date(added, 'start of month', '+1 month', '-1 day'), julianday(added), time(added), strftime('%s', added) FROM item ORDER BY id
SELECT id FROM item WHERE added > '2024-01-01' ORDER BY added
SELECT id FROM item WHERE date(added) = '2024-02-29'
SELECT id FROM item WHERE added BETWEEN '2024-02-01' AND '2024-02-29 23:59:59' ORDER BY id
SELECT datetime(added, '+1 month', 'weekday 0') FROM item ORDER BY id
SELECT substr(added, 1, 7), length(added), upper(added) FROM item ORDER BY id
SELECT json_extract(j, '$.a'), typeof(json_extract(j, '$.a')) FROM item WHERE id IN (4, 5) ORDER BY id
SELECT j ->> '$.a[0]', j -> '$.a[2]', json_type(j), json_array_length(j) FROM item WHERE id < 3 ORDER BY id
SELECT item.id, e.key, e.value, e.type FROM item, json_each(item.j) AS e WHERE item.id > 3 ORDER BY item.id
SELECT json_object('id', id, 'name', name, 'list', json_array(1, 'x', NULL)) FROM item ORDER BY id
SELECT json_group_array(price), json_group_object(note, price) FROM item WHERE note IS NOT NULL
SELECT json_set('{"a":1}', '$.b', json('[1,2]'), '$.c', 'x'), json_remove('[1,2,3]', '$[1]')
SELECT printf('%05d|%-8s|%.3f|%x|%%', id, name, price, id * 255) FROM item ORDER BY id
SELECT round(price, 1), round(2.5), round(-2.5), round(1.005, 2), abs(-3), abs(price) FROM item ORDER BY id
SELECT price || '', CAST(price AS TEXT), CAST(price AS INTEGER) FROM item WHERE id < 5 ORDER BY id
SELECT CAST('12abc' AS INTEGER), CAST(' 3.5x' AS REAL), CAST('abc' AS NUMERIC), CAST('7' AS NUMERIC), CAST('7.0' AS NUMERIC)
SELECT hex(mixed), quote(mixed), length(mixed), typeof(mixed) FROM item ORDER BY id
SELECT name FROM item WHERE name LIKE 'A%' OR name GLOB 'B*' ORDER BY id
SELECT id, note LIKE 'a!' ESCAPE '!', mixed LIKE 'x!' ESCAPE '!' FROM item ORDER BY id
SELECT name FROM item WHERE name NOT LIKE '%an%' ORDER BY name COLLATE NOCASE
SELECT instr(name, 'a'), replace(name, 'a', 'oo'), trim('  x '), ltrim('xxy', 'x'), char(65, 233), unicode(name) FROM item ORDER BY id
SELECT 7 / 2, -7 / 2, 7 % -3, 7.0 / 2, 1 / 0, 5 % 0, 5.5 % 2, '10' + 5, 'abc' + 1
SELECT 9223372036854775807 + 1, -9223372036854775808, 1 << 62, 1 >> 70, ~5, 5 & 3, 5 | 8
SELECT 1 = '1', 1 = 1.0, 'a' < 'B', 'a' < 'B' COLLATE NOCASE, NULL IS NULL, 1 IS NOT 2, x'61' = 'a'
SELECT 1 < 2 < 3, 3 > 2 > 1, NOT 1 = 2
SELECT max(1, '2', NULL), max(3, 2.5), min('a', 5), max('b', 'a', 'c')
SELECT id FROM item WHERE id IN () OR id NOT IN () AND id = 1
SELECT id FROM item WHERE (id, name) IN (SELECT item_id, 'apple' FROM tag) ORDER BY id
SELECT id FROM item WHERE (id, price) >= (2, 2.0) ORDER BY id
SELECT EXISTS (SELECT 1 FROM tag WHERE rank > 5), (SELECT count(*) FROM tag), (SELECT name FROM item ORDER BY id DESC)
SELECT id FROM item UNION SELECT item_id FROM tag ORDER BY 1 DESC
SELECT id FROM item EXCEPT SELECT item_id FROM tag ORDER BY 1
SELECT item_id FROM tag INTERSECT SELECT id FROM item WHERE id < 3
SELECT name FROM item UNION ALL SELECT rank FROM tag ORDER BY 1 LIMIT 3
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5) SELECT sum(x), group_concat(x) FROM n
WITH a(x) AS (VALUES (1), (2)), b AS (SELECT x * 10 AS y FROM a) SELECT x, y FROM a JOIN b ON y = x * 10 ORDER BY x
SELECT id, row_number() OVER (ORDER BY price DESC), rank() OVER (PARTITION BY active ORDER BY id), lag(name, 1, 'first') OVER (ORDER BY id) FROM item ORDER BY id
SELECT id, sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), first_value(name) OVER (ORDER BY id), nth_value(name, 2) OVER (ORDER BY id) FROM item ORDER BY id
SELECT active, avg(price) OVER w, count(*) OVER w FROM item WINDOW w AS (PARTITION BY active ORDER BY id) ORDER BY id
SELECT rowid, oid, _rowid_ FROM item ORDER BY rowid
SELECT item.rowid, "name", [price], `active`, "no such column" FROM item ORDER BY 1
SELECT id AS "Id", name AS 'label', price cost FROM item ORDER BY "Id"
SELECT count(*) AS n, id > 2 AS big FROM item GROUP BY big ORDER BY big
SELECT id FROM item ORDER BY price NULLS LAST, id
SELECT id FROM item ORDER BY price DESC NULLS FIRST LIMIT 2
SELECT id FROM item ORDER BY id LIMIT 1, 2
SELECT id FROM item ORDER BY id LIMIT -1 OFFSET 3
SELECT sum(active), avg(active), active + 1, active = 1, NOT active, typeof(active) FROM item
SELECT id FROM item WHERE active ORDER BY id
SELECT id FROM item WHERE active = 0 ORDER BY id
SELECT id FROM item WHERE name ORDER BY id
SELECT type, name, tbl_name FROM sqlite_master ORDER BY name
SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info('item') ORDER BY cid
SELECT m.name, p.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS p WHERE m.type = 'table' ORDER BY 1, p.cid
PRAGMA table_info(tag)
PRAGMA index_list('code')
PRAGMA foreign_key_list(tag)
PRAGMA user_version
SELECT likely(1), unlikely(0), likelihood(1, 0.5), sqlite_version() LIKE '3.%'
SELECT * FROM item a JOIN item b USING (id) WHERE a.id = 1
SELECT * FROM code NATURAL JOIN (SELECT 1 AS id, 'z' AS z)
SELECT a.id FROM item a, item b WHERE a.id = b.id + 1 ORDER BY 1
SELECT t.word FROM (item i JOIN tag t ON t.item_id = i.id) WHERE i.id = 1 ORDER BY 1
VALUES (1, 'a'), (2, NULL)
SELECT max(price), min(price), name FROM item
SELECT min(price), max(price), name, count(*) FROM item
SELECT name, max(rank), count(*) FROM tag JOIN item ON item.id = item_id
SELECT active, name, max(price) m FROM item GROUP BY active HAVING min(id) < 100 ORDER BY m
SELECT name, count(*) FROM item ORDER BY min(price)
SELECT name, max(price) FROM item WHERE price IS NULL OR id > 99
SELECT x FROM (SELECT id AS x FROM item) WHERE x > 3 ORDER BY x
WITH c(a, B) AS (SELECT id, name FROM item) SELECT A, b FROM c ORDER BY a
SELECT '1e3' | 0, ~'1e3', CAST('1e3' AS INTEGER), typeof('1.0' + 0), -'1.0', char(), 1e308 * 10
SELECT json_valid(note), json_valid(NULL), json_valid(j) FROM item ORDER BY id
SELECT json_group_array(DISTINCT active), group_concat(DISTINCT active), group_concat(DISTINCT note) FROM item WHERE id < 3
SELECT group_concat(DISTINCT price) FROM item WHERE price > 100 AND id < 2
SELECT id + 1 /* two */ , name /* three */ FROM item ORDER BY 1
WITH RECURSIVE f(a, b) AS (VALUES (0, 1) UNION ALL SELECT b, a + b FROM f LIMIT 10) SELECT a FROM f
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x || 'a' FROM c LIMIT 5 OFFSET 2) SELECT x FROM c
SELECT *, typeof(price), price + 1 FROM item WHERE id = 1
SELECT * FROM (SELECT id, id, price + 1, price + 1, 5 FROM item) WHERE id = 2
SELECT "count(*)", * FROM (SELECT count(*) FROM item)
WITH c AS (SELECT id, id, id + 1 FROM item) SELECT * FROM c WHERE id = 1
SELECT NAME, "Name", [nAme], "no such", 'x' FROM item WHERE id = 1
INSERT INTO code(code) VALUES ('new') RETURNING ID + 1, CODE, "code", 'a' || code AS label, *
UPDATE code SET label = 'x' WHERE id = 1 RETURNING upper( label ), *
SELECT sum(DISTINCT mixed), total(DISTINCT mixed), avg(DISTINCT mixed), count(DISTINCT mixed) FROM item
SELECT sum(DISTINCT x), typeof(sum(DISTINCT x)), avg(DISTINCT x) FROM (SELECT 1 AS x UNION ALL SELECT 1.0 UNION ALL SELECT 'a' UNION ALL SELECT NULL)
SELECT sum(DISTINCT x) FILTER (WHERE y > 1), avg(DISTINCT x) FROM (SELECT mixed AS x, id AS y FROM item) GROUP BY y > 2 ORDER BY 1
SELECT group_concat(DISTINCT word), group_concat(DISTINCT rank) FROM tag
SELECT group_concat(DISTINCT mixed), group_concat(DISTINCT name) FROM item
SELECT avg(DISTINCT note), max(note), min(note COLLATE RTRIM), max(DISTINCT mixed) FROM item
UPDATE named SET id = 7 WHERE id = 1 OR 1
DELETE FROM named
INSERT INTO named(id) VALUES (9)
UPDATE item SET note = 'a', note = 'b', (note, name) = ('c', 'last') WHERE id = 1 RETURNING note, name
SELECT id, at, zoned, fine, doc FROM kept ORDER BY id
SELECT typeof(at) FROM kept ORDER BY id
SELECT id FROM kept WHERE zoned = '2024-01-31 10:20:30+00:00'
INSERT INTO kept(zoned, fine, doc) VALUES ('2024-01-31 10:20:33+00:00', '2024-01-31 10:20:33.123457+00:00', '{"b": 1}') RETURNING zoned, fine, doc
UPDATE kept SET doc = '[1, 2]', zoned = '2024-02-28 23:59:59+00:00' WHERE id = 1 RETURNING zoned, doc
REPLACE INTO code VALUES (9, 'C', 'DEFAULT') RETURNING id, code, label
SELECT typeof(length(name) * 2), length(name) * 1000000000, length(name) + length(note), -length(name) FROM item ORDER BY id
SELECT instr(name, 'a') * 2147483647, unicode(name) * 2147483647, typeof(-unicode(name)), length(name) % 2 FROM item ORDER BY id
SELECT nullif(id, '1'), nullif(active, '1'), nullif(mixed, '1'), nullif(note, 'NOTE'), nullif('NOTE', note) FROM item ORDER BY id
SELECT first_value('x') OVER (ORDER BY id), lag(TRUE, 1, 2.5) OVER (ORDER BY id), last_value(NULL) OVER (ORDER BY id) FROM item ORDER BY id
SELECT sum(DISTINCT 'a'), avg(DISTINCT x'31'), group_concat(DISTINCT 1.5) FROM item
SELECT 1 UNION SELECT note FROM item
SELECT lower(note) FROM item UNION SELECT note FROM item
SELECT x FROM (SELECT 1.0 AS x UNION SELECT mixed FROM item UNION SELECT id FROM item) ORDER BY 1
SELECT mixed FROM item INTERSECT SELECT id * 1.0 FROM item
SELECT note, max(id), count(*) FROM item GROUP BY note ORDER BY 2
SELECT name, min(id), max(price), count(*) FROM item
SELECT name, max(price), min(id) FROM item GROUP BY active HAVING count(*) > 0 ORDER BY active
SELECT (- '2024-02'), 1 > '1', count(*) FROM item GROUP BY 1, 2, 1 > '1'
SELECT id FROM item ORDER BY 1 > '1', - '5', id DESC
SELECT id FROM item WHERE note = CAST('1' AS NUMERIC) OR name < CAST(mixed AS NUMERIC) ORDER BY id
SELECT id FROM item WHERE added > name ORDER BY id
SELECT id FROM item WHERE added >= hex(name) AND added < 'a' || name ORDER BY id
SELECT id FROM item WHERE added >= '2024-02' AND added < '2024-02-29 00:00:00.5' ORDER BY id
SELECT id FROM item WHERE added > '2024-02-28 12:00' OR added <= '1999-12-31 23:59:59x' ORDER BY id
SELECT id FROM item WHERE added > '2025' OR added < 'a' AND added > 'B' OR added >= '' ORDER BY id
SELECT id FROM item WHERE added BETWEEN '2024-02' AND '2024-02-3' OR added IN ('2024-02', '2024-02-28 12:00:00') ORDER BY id
SELECT id FROM item WHERE NOT added = 'x' OR added IS NOT '2024-02-30 00:00:00' OR added <> '' ORDER BY id
SELECT id, added >= '9999-12-31 23:59:59', added > '9999-12-31 23:59:59', added < '0001-01-01 00:00:00', 'a' > added, '2024-01-31 10:20' <= added FROM item ORDER BY id
SELECT (SELECT note FROM item WHERE id=1) = 'NOTE', +note = 'NOTE', likely(note) = 'NOTE', lag(note) OVER (ORDER BY id) = 'NOTE', first_value(note) OVER (ORDER BY id DESC) = 'OTHER' FROM item ORDER BY id
SELECT +name = 1, +note IN ('NOTE'), id = +'1', +note > 'Note', count(*) FROM item GROUP BY id ORDER BY +note, id
SELECT count(*) FROM item GROUP BY +note
SELECT instr(note, 'x') FROM item UNION SELECT +note FROM item
SELECT max(note, 'NOTEX'), min(note, 'NOTE'), max('a', note, 'B'), min(name, note), max(id, note, mixed), min(note, NULL) FROM item ORDER BY id
SELECT nullif(price, 'x'), nullif(note || '', 'Note'), max(name COLLATE NOCASE, 'BANANA') FROM item ORDER BY id
SELECT -0.0, - (0.0), -(-0.0), -1.5, - '0.0', -x FROM (SELECT 0.0 AS x)
SELECT '10.0' + 5, typeof('1e2' * 1), '1.0' / 2, - '0.0', '5.0' % 3, typeof(- '2.0'), ' 2.0 ' + 1, '2.0x' + 1, x'322E30' + 1, abs(-0.0)
SELECT name + '1.0', '1.0' + id, mixed + '2.0', id / '2.0' FROM item ORDER BY id
SELECT max(DISTINCT id, 3), upper(DISTINCT name) FROM item ORDER BY id
SELECT r FROM (SELECT id AS r FROM item) ORDER BY 1
WITH s AS (SELECT name AS "The Name" FROM item) SELECT "the name" FROM s ORDER BY 1
SELECT *, "id"+1, i."name", "name", "no column" FROM item AS i WHERE id = 1
SELECT id FROM item ORDER BY 1 COLLATE NOCASE DESC
SELECT note FROM item ORDER BY 1 COLLATE BINARY DESC
SELECT id, added COLLATE NOCASE > id * 5, name COLLATE NOCASE > id, '2024' < added COLLATE RTRIM FROM item ORDER BY id
INSERT INTO code(id, label) VALUES (1, 'again') ON CONFLICT DO NOTHING
INSERT INTO tag VALUES (1, 'red', 7) ON CONFLICT DO UPDATE SET rank = rank + excluded.rank RETURNING *
INSERT INTO code(id, code, label) VALUES (9, 1.5, 1e20) RETURNING code, label, typeof(label)
SELECT name, max(nullif(id, id)) FROM item
SELECT name, min(price) FROM item WHERE price IS NULL OR id < 3 GROUP BY price IS NULL ORDER BY 2
SELECT id, at, length(at), substr(at, -3) FROM moment ORDER BY at DESC
SELECT id FROM moment WHERE at > '2024-02-28 12:00:00' ORDER BY at
SELECT id FROM moment WHERE at >= '2024-02-28 12:00:00.' OR at < '2024' ORDER BY id
SELECT id FROM moment WHERE at < '2024-02-28 12:00:00.5' ORDER BY id
SELECT id FROM moment WHERE at <= '2024-02-28 12:00:00.000001z' AND at >= '2024-02-28 12:00:00.0000001' ORDER BY id
SELECT id FROM moment WHERE at = '2024-02-28 12:00:00.000000' OR at IN ('2024-02-28 12:00:00.5', '2024-02-28 12:00:00.500000', '2024-02-28 12:00:01') ORDER BY id
SELECT id, at BETWEEN '2024-02-28 12:00:00' AND '2024-02-28 12:00:00.500000', at <> '2024-02-28 12:00:00.000001', '2024-02-28 12:00:00.50000' < at FROM moment ORDER BY id
SELECT id, julianday(at), strftime('%s', at), strftime('%f', at), datetime(at), date(at, '+1 day'), time(at) FROM moment ORDER BY id
SELECT max(at), min(at), count(DISTINCT at) FROM moment
SELECT a.id, b.id FROM moment AS a JOIN item AS b ON a.at = b.added OR a.at > b.added ORDER BY 1, 2
