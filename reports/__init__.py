"""From a run's files to verdicts and a page."""
