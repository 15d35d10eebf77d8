"""Drawings of effects, as SVG that can stand in a page."""
