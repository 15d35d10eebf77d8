"""Drives a target and records samples."""
