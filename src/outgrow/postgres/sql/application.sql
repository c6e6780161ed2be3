-- The session that an application works in: values print and parse alike everywhere; its timeouts and rights
-- are what the server's owner has set. Settings that this version does not know are left out.
SELECT set_config(s.name, wanted.value, false)
FROM (VALUES
    ('TimeZone', 'UTC'),
    ('DateStyle', 'ISO, YMD'),
    ('IntervalStyle', 'postgres'),
    ('extra_float_digits', '3'),
    ('bytea_output', 'hex'),
    ('standard_conforming_strings', 'on')
) AS wanted (name, value)
JOIN pg_settings AS s ON lower(s.name) = lower(wanted.name)
