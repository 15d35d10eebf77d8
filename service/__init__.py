"""The reference service: workflows, templates and files over Supabase and S3."""
