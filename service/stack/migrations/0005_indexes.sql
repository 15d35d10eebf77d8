-- One index for each list that the service shows, in the order in which it shows it.

create index workflows_newest on public.workflows (owner_id, created_at desc, id desc);

create index workflows_templates_newest on public.workflows (created_at desc, id desc)
where is_template;

create index files_newest on public.files (owner_id, created_at desc, id desc);

-- A page's latest versions with their counts, without touching the table that holds the payloads.
create index workflow_versions_latest on public.workflow_versions (workflow_id, version_number desc)
include (created_at, node_count, edge_count);
