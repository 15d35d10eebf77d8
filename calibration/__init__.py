"""Measures the gate's error rates: the whole pipeline on unchanged code and on known slowdowns."""
