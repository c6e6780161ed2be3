n AND k
n OR k
NOT n
n AND NULL
n OR NULL
NULL AND 0
NOT NULL
NOT n = 3
NOT s LIKE 'a%'
n = 3 OR n = 10 AND k = 1
(n = 3 OR n = 10) AND k = 1
NOT f AND n
NOT (f AND n)
r AND 1
m OR 0
TRUE
FALSE OR f
n IS NOT NULL AND NOT f
NOT NOT n
- n < 0
NOT EXISTS (SELECT 1 FROM p WHERE t_id = t.id)
