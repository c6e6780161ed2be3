-- Extensions that the database has, with the newest version that the server could give.
SELECT e.extname::text AS name, e.extversion AS version, a.default_version AS newest
FROM pg_extension AS e
LEFT JOIN pg_available_extensions AS a ON a.name = e.extname
WHERE e.extname <> 'plpgsql'
ORDER BY 1
