"""pytest-benchmark suites of the reference service's strategies."""
