SELECT * FROM t
SELECT t.*, p.label FROM t JOIN p ON p.t_id = t.id
SELECT t.id, p.id FROM t, p WHERE p.t_id = t.id AND p.qty > 1
SELECT t.id, p.label FROM t LEFT JOIN p ON p.t_id = t.id AND p.qty > 2
SELECT a.id, b.id FROM t a, t b JOIN p ON p.t_id = b.id WHERE a.n = b.n
SELECT t.id, p.id FROM t RIGHT JOIN p ON p.t_id = t.id
SELECT t.id, p.id FROM t FULL JOIN p ON p.t_id = t.id
SELECT id, label FROM t JOIN p USING (id)
SELECT * FROM p NATURAL JOIN (SELECT id, n FROM t)
SELECT t.id FROM t INNER JOIN p
SELECT count(*), count(n), sum(n > 0), avg(k), min(n), max(n), sum(k), total(k), avg(k), avg(r), min(r), max(s), min(s) FROM t
SELECT sum(k), sum(f), min(f), max(f), max(d), min(u), max(e), count(DISTINCT s), count(f) FROM t
SELECT sum(n), avg(n), total(n), count(n), max(s), group_concat(s) FROM t WHERE id > 100
SELECT t_id, count(*), sum(qty), group_concat(label) FROM p GROUP BY t_id
SELECT t_id, count(*) FILTER (WHERE qty > 1), group_concat(label, '; ') FROM p GROUP BY t_id HAVING count(*) > 1
SELECT group_concat(DISTINCT label) FROM p WHERE label = 'a'
SELECT t.id, t.s, t.c, count(p.id) FROM t LEFT JOIN p ON p.t_id = t.id GROUP BY t.id
SELECT upper(s) AS up, count(*) FROM t GROUP BY up HAVING up IS NOT NULL
SELECT f, count(*) AS many FROM t GROUP BY 1 ORDER BY many DESC, f
SELECT date(d), count(*) FROM t GROUP BY date(d)
SELECT n > 5, count(*) FROM t GROUP BY n > 5
SELECT DISTINCT s FROM t
SELECT DISTINCT f, n > 5 FROM t
SELECT s FROM t UNION SELECT label FROM p
SELECT id, s FROM t UNION ALL SELECT id, label FROM p
SELECT n FROM t INTERSECT SELECT qty FROM p
SELECT id FROM t EXCEPT SELECT t_id FROM p
SELECT 1 UNION SELECT 2 INTERSECT SELECT 2
SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 2 EXCEPT SELECT 1
SELECT f FROM t UNION SELECT 1 UNION SELECT NULL
SELECT u FROM t UNION SELECT 'none'
SELECT d FROM t UNION SELECT '2000-01-01 00:00:00'
SELECT id, 'x', 1, NULL FROM t UNION ALL SELECT id, label, qty, label FROM p
VALUES (1, 'a'), (2, 'b')
WITH big(i, name) AS (SELECT id, s FROM t WHERE n > 5) SELECT i, upper(name) FROM big JOIN p ON p.t_id = big.i
WITH a AS (SELECT id FROM t), b AS (SELECT id FROM a WHERE id > 2) SELECT b.id, a.id FROM a, b
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 5) SELECT x, x * x FROM c
WITH RECURSIVE c(x, y) AS (VALUES (1, 'a') UNION ALL SELECT x + 1, y || 'b' FROM c WHERE x < 3) SELECT * FROM c
SELECT q.up FROM (SELECT upper(s) AS up, n FROM t) AS q WHERE q.n > 1
SELECT up FROM (SELECT upper(s) AS up FROM t WHERE n > 1)
SELECT (SELECT s FROM t WHERE t.id = p.t_id), p.id FROM p
SELECT id, rowid, oid, t._rowid_ FROM t WHERE rowid < 3
SELECT [id], `n`, "s" AS 'quoted', t."c" FROM [t] WHERE `id` = 1
SELECT id AS "select", n AS "x""; DROP TABLE t; --" FROM t
SELECT s AS n, n + 1 AS m2 FROM t WHERE m2 > 3
SELECT id /* a comment; */ FROM t -- the end
SELECT count(*) FROM t WHERE n > (SELECT min(qty) FROM p WHERE p.t_id <> t.id)
SELECT t.id FROM t WHERE (t.id, t.k) = (1, 1)
SELECT id, sum(m) FROM t GROUP BY id
SELECT sum(price), avg(price), sum(price * qty), max(price), count(price) FROM p
SELECT x.id FROM t AS x WHERE EXISTS (SELECT 1 FROM t AS y WHERE y.n = x.n AND y.id <> x.id)
SELECT s, count(*) FROM t GROUP BY f
SELECT n, max(r) FROM t
SELECT n, s, min(k) FROM t
SELECT c, count(*) FROM t GROUP BY c
SELECT count(*), count(DISTINCT c) FROM t
SELECT s FROM t UNION SELECT n FROM t
SELECT n FROM t INTERSECT SELECT r FROM t
SELECT n FROM t EXCEPT SELECT r FROM t
SELECT id, CASE WHEN f THEN s ELSE 1 END FROM t
SELECT id, coalesce(n, r) FROM t
SELECT id, row_number() OVER (ORDER BY id DESC), rank() OVER (ORDER BY f), dense_rank() OVER (ORDER BY f) FROM t
SELECT id, sum(k) OVER (PARTITION BY f ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t
SELECT id, lag(s) OVER w, lead(n, 2, 'none') OVER w, first_value(r) OVER w, ntile(3) OVER w FROM t WINDOW w AS (ORDER BY id)
SELECT id, count(*) OVER (PARTITION BY c), total(r) OVER (ORDER BY id) FROM t
SELECT f, sum(k), sum(sum(k)) OVER (ORDER BY f) FROM t GROUP BY f
SELECT key, value, type, atom, fullkey, path FROM json_each('{"a":1,"b":[2.5,"x",null,true]}')
SELECT fullkey, value FROM json_tree('{"a":1,"b":[2.5,"x",null,true]}') WHERE atom IS NOT NULL
SELECT t.id, e.value FROM t, json_each('[' || k || ',"x"]') AS e
SELECT s IN (SELECT id FROM t) FROM t
SELECT sum(s), total(s), avg(s), min(s), max(s) FROM t
SELECT sum(m), total(m), avg(m), min(m), max(m) FROM t
SELECT sum(b), min(b), max(b) FROM t
SELECT id, m / 2, m % 2, m * 2, -m, m + 0.5 FROM t
SELECT id, printf('%d|%5.2f|%s|%x', n, r, s, k) FROM t
SELECT id, typeof(m), typeof(m + 1), typeof(n + r), typeof(coalesce(n, s)) FROM t
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x || 'a' FROM c WHERE length(x) < 4) SELECT x FROM c
WITH RECURSIVE c(x, y) AS (SELECT 1, 1.5 UNION ALL SELECT x + 1, y * 2 FROM c WHERE x < 5) SELECT x, y FROM c
SELECT id FROM t WHERE (n, k) > (2, 0)
SELECT id FROM t WHERE (n, k) IN (SELECT n, k FROM t WHERE f)
SELECT id FROM t WHERE (n, k) = (10, 1)
SELECT (SELECT 1) + 1, (SELECT 'a') || 'b'
SELECT * FROM (t JOIN p ON t.id = p.t_id)
SELECT t.id, label FROM t LEFT JOIN (p JOIN t AS u ON u.id = p.id) ON p.t_id = t.id
SELECT -min(n) * NULL FROM t
SELECT count(*) FROM t WHERE x'61' LIKE s
SELECT id FROM t WHERE iif(s, 1, 0) OR NOT s
