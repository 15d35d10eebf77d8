"""pytest-benchmark suites: each variant in fresh processes, in pairs and random order."""
