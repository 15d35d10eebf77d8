"""A dry run: sends each scenario twice in each variant, and looks at what comes back."""
