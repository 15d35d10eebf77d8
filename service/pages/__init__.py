"""The pages of the reference service: a dashboard and a workflow's preview.

Plain HTML, CSS and JavaScript modules; each page has two variants that show the same.
"""
