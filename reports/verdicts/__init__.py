"""Budgets and claims held against effects: what passes, what fails, and when to stop."""
