-- Every move that the database remembers.
SELECT target_schema, source, fingerprint, state, version, began, ended
FROM outgrow.move
ORDER BY 1
