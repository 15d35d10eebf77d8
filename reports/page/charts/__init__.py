"""Charts of a page.

Each is a function that returns an SVG element, or an empty text where there is nothing to draw. Its
`chart_id` must be unique in the page.
"""
