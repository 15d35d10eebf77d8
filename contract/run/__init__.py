"""A run's folder: what measuring wrote, checked before anything is made of it."""
