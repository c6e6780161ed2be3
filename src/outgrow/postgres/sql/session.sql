-- The session that outgrow works in: values print and parse alike everywhere, nothing waits in
-- vain, nothing is filtered. Settings that this version does not know are left out.
SELECT set_config(s.name, wanted.value, false)
FROM (VALUES
    ('TimeZone', 'UTC'),
    ('DateStyle', 'ISO, YMD'),
    ('IntervalStyle', 'postgres'),
    ('extra_float_digits', '3'),
    ('bytea_output', 'hex'),
    ('standard_conforming_strings', 'on'),
    -- rows come in the order they were written, so a reader may compare as it goes
    ('synchronize_seqscans', 'off'),
    -- row security makes an error instead of hiding rows from the comparison
    ('row_security', 'off'),
    ('statement_timeout', '0'),
    ('lock_timeout', '0'),
    ('transaction_timeout', '0'),
    ('idle_in_transaction_session_timeout', '0')
) AS wanted (name, value)
JOIN pg_settings AS s ON lower(s.name) = lower(wanted.name)
