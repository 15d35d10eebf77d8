"""One page, placed in many formats: what a build's pages, comments, badges and scrapers read.

The cells come from `reports.page.view`; nothing is worded or rounded here.
"""
