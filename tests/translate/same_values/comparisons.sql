n = 3
n = '3'
n == 10
n <> '10'
n != 3
n = 'abc'
n < 'abc'
n > 'abc'
n = 3.0
n < 2.5
n > 9007199254740992.0
r > 1
r = 1.5
r = '1.5'
r < n
r = n
n = r
n >= r
n IS 10
n IS NULL
n IS NOT NULL
n IS NOT 10
n IS k
n ISNULL
n NOTNULL
n NOT NULL
s = 'bob'
s = 'BOB'
s < 'b'
s >= 'Alice'
'b' > s
s IS 'bob'
s IS NOT NULL
s = NULL
s IS NULL
c = 'alice'
c <> 'ALICE'
c = 'É'
c < 'b'
'alice' = c
c = s
s = c
s = 'alice' COLLATE NOCASE
s COLLATE NOCASE = 'ALICE'
x = 'pad'
x = 'pad  '
x < 'pad '
s COLLATE RTRIM = 'bob   '
b = x'00ff'
b > x'61'
b <> x''
f = 1
f = 0
f
NOT f
f IS 1
f IS NOT 1
f = 2
f > 0
f = 'x'
f = '1'
f IN (0, 1)
f <> 1
1 = f
f IS NULL
f IS TRUE
f IS NOT FALSE
n IS TRUE
r IS FALSE
u = '0f8fad5b-d9cb-469f-a165-70867728950e'
u = '0F8FAD5B-D9CB-469F-A165-70867728950E'
u > '7c9e6679-7425-40de-944b-e07fc1f90ae6'
u = 'nothing'
u < 'a'
d = '2024-01-31 10:20:30'
d > '2024-01-31'
d < '2024-01-31 10:20:31'
d = '2024-01-31'
d BETWEEN '2024' || '-01' AND '2024-02'
d >= '2024-01-31 10:20:30' AND d <= '2024-02-29 00:00:00'
day = '1999-12-31'
day < '2000-01-01'
day > '2'|| '0'
m = 2.5
m > 2
m < 9.99
m = n
m >= r
m = '10'
m IN (10, 2.5)
m <> 9.99
e = 0
e > 1000
e IS NULL
n BETWEEN 1 AND 10
n NOT BETWEEN k AND 5
s BETWEEN 'A' AND 'b'
n IN (3, 10, NULL)
n NOT IN (3, 10)
s IN ('bob', 'Alice')
c IN ('ALICE')
s IN (c)
n IN ()
n NOT IN ()
n IN ('3', 10.0)
s IN ('bob', NULL)
(n, k) = (10, 1)
(n, k) <> (10, 1)
1 < 2 < 3
3 > 2 > 1
n = k = 0
n IS k IS 1
NOT n IS NULL
n < 5 = k > 0
n + 1 > k * 2
day = date(d)
(k > 0) = 1
(k > 0) + 1 = 2
"Odd ""name" = 7
u = u
d IS d
s = "bob"
coalesce(n, k) = '0'
n + 0 = '3'
lower(s) > 5
1 = 1
1 = '1'
NULL IS NULL
