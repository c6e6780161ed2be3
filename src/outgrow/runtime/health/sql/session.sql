-- What a session gets that nobody has set up, in one row. The identity is the same for every session in
-- the same database of the same running server, whichever way it was reached.
SELECT
    current_user::text AS user_name,
    d.datname::text AS database,
    (extract(epoch FROM pg_postmaster_start_time()) || '/' || d.oid)::text AS identity,
    current_setting('TimeZone') AS time_zone,
    (SELECT s.source FROM pg_settings AS s WHERE s.name = 'TimeZone') AS time_zone_source,
    '2024-01-15 00:00'::timestamptz = '2024-01-15 00:00+00'::timestamptz
        AND '2024-07-15 00:00'::timestamptz = '2024-07-15 00:00+00'::timestamptz AS keeps_utc,
    current_setting('DateStyle') AS date_style,
    current_setting('client_encoding') AS client_encoding,
    current_setting('session_replication_role') AS replication_role,
    current_setting('default_transaction_read_only') = 'on' AS read_only,
    current_setting('idle_in_transaction_session_timeout') AS idle_timeout,
    pg_is_in_recovery() AS in_recovery,
    current_schemas(false)::text[] AS schemas,
    pg_backend_pid() AS pid
FROM pg_database AS d
WHERE d.datname = current_database()
