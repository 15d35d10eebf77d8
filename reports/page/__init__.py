"""Everything a reader is shown, worded once: sentences, tables, pages."""
