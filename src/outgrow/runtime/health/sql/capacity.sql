-- How many connections there may be and who has them, as one row for this session's user and database.
-- Of other users' sessions a user without pg_read_all_stats sees only who they are.
SELECT
    current_setting('max_connections')::int AS most,
    CASE WHEN r.rolsuper THEN 0
         ELSE current_setting('superuser_reserved_connections')::int
              + coalesce(current_setting('reserved_connections', true), '0')::int
    END AS reserved,
    r.rolconnlimit AS role_limit,
    d.datconnlimit AS database_limit,
    count(a.pid) FILTER (WHERE NOT (a.usename = current_user AND a.datid = d.oid)) AS others,
    count(a.pid) FILTER (WHERE a.usename = current_user AND a.datid <> d.oid) AS elsewhere,
    count(a.pid) FILTER (WHERE a.usename <> current_user AND a.datid = d.oid) AS other_users,
    count(a.pid) FILTER (WHERE a.usename = current_user AND a.datid = d.oid) AS same
FROM pg_roles AS r
CROSS JOIN pg_database AS d
LEFT JOIN pg_stat_activity AS a
    ON a.datid IS NOT NULL AND a.usesysid IS NOT NULL AND a.pid <> ALL (%(own)s)
    AND coalesce(a.backend_type, 'client backend') = 'client backend'
WHERE r.rolname = current_user AND d.datname = current_database()
GROUP BY r.rolsuper, r.rolconnlimit, d.datconnlimit
