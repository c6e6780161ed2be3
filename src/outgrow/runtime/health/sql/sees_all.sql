-- Whether this user sees what other users' sessions do, and how many of them there are.
SELECT
    pg_has_role('pg_read_all_stats', 'USAGE') AS all,
    count(*) FILTER (WHERE a.usename <> current_user) AS hidden
FROM pg_stat_activity AS a
WHERE a.datname = current_database() AND a.usesysid IS NOT NULL AND a.pid <> ALL (%(own)s)
