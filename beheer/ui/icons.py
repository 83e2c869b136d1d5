"""The names of the icons in static/ui/icons.svg, our own drawings."""

ICONS: frozenset[str] = frozenset(
    """
    up degraded down unknown met at_risk breached no_data none home
    board work pulse history agent gauge agreement calendar service map
    item customer people person bell audit key book tools box
    lock lifebuoy improve flag network medal chart search menu close
    plus edit trash download upload filter left right ascending descending
    sortable info warn bad good clock play pause refresh sun
    moon system leave link external comment mail simulated zoom_out print
    shrug keyboard
    """.split()
)
