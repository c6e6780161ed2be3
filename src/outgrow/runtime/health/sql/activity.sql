-- Sessions of this database that hold or wait for something for long, and transactions that wait for a
-- COMMIT PREPARED. What they run is not read: it may hold values. Of other users' sessions a user without
-- pg_read_all_stats sees no state.
SELECT
    a.pid,
    coalesce(a.usename::text, '?') AS user_name,
    a.application_name AS application,
    CASE WHEN a.wait_event_type = 'Lock' THEN 'waits for a lock'
         WHEN a.state LIKE 'idle in transaction%%' THEN 'idle in transaction'
         ELSE 'in a transaction'
    END AS state,
    extract(epoch FROM clock_timestamp() - CASE WHEN a.state = 'active' THEN a.xact_start ELSE a.state_change END)
        ::bigint AS seconds,
    CASE WHEN a.wait_event_type = 'Lock' THEN pg_blocking_pids(a.pid) ELSE '{}' END AS blocked_by
FROM pg_stat_activity AS a
WHERE a.datname = current_database() AND a.xact_start IS NOT NULL AND a.pid <> ALL (%(own)s)
  AND a.backend_type = 'client backend'
  AND CASE WHEN a.wait_event_type = 'Lock' THEN a.query_start < clock_timestamp() - make_interval(secs => %(lock)s)
           WHEN a.state LIKE 'idle in transaction%%'
           THEN a.state_change < clock_timestamp() - make_interval(secs => %(idle)s)
           ELSE a.xact_start < clock_timestamp() - make_interval(secs => %(long)s)
      END
UNION ALL
SELECT 0, p.owner::text, p.gid, 'prepared', extract(epoch FROM clock_timestamp() - p.prepared)::bigint, '{}'
FROM pg_prepared_xacts AS p
WHERE p.database = current_database() AND p.prepared < clock_timestamp() - make_interval(secs => %(long)s)
ORDER BY seconds DESC
