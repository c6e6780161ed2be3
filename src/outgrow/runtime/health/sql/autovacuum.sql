-- Whether the server keeps tables up by itself, which needs both settings.
SELECT current_setting('autovacuum') = 'on' AS autovacuum, current_setting('track_counts') = 'on' AS counts
