"""Faults for real: processes killed, models that break, bad networks, and what the server promises then.

A test writes a row of the table in ``docs/durability-results.md``: `rows.fault` declares it, and the fixture
`trial.Trial` gives it seed and count and keeps what it saw. `conftest` has a scripted model and servers that
end with the test, `server_process` a server to kill, freeze and start again, `proxy` a bad network, `history`
the checker of what is left. ``pytest tests/durability`` is CI's tier; ``make faults`` (``--faults=full``)
is thorough and writes the table.
"""
