-- How this session is encrypted, as the server at its end says.
SELECT coalesce(s.ssl, false) AS ssl, s.version, s.cipher, coalesce(g.encrypted, false) AS gss
FROM (SELECT pg_backend_pid() AS pid) AS own
LEFT JOIN pg_stat_ssl AS s ON s.pid = own.pid
LEFT JOIN pg_stat_gssapi AS g ON g.pid = own.pid
