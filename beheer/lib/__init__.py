"""Small pure leaves: intervals, calendars, service time, durations, errors, documents. No Django, no I/O, no clock."""
