"""Page frame, components, styles, charts and lists: what every page is made of."""
