"""The reference service: workflows, templates and files over Supabase and S3, each optimization behind a flag."""
