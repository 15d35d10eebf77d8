-- A workflow's latest version as a relationship: PostgREST embeds it as one object, so that a page
-- of workflows and their latest versions is one request, which reads no other version.

-- Without `set search_path`, and with the caller's rights: either would keep the planner from
-- writing the body into the query, and then whole rows, payloads included, would be read. All
-- names are qualified. `rows 1` tells PostgREST that there is one at most.
create function public.latest_version(workflow public.workflows)
returns setof public.workflow_versions
language sql stable rows 1
as $$
    select v.*
    from public.workflow_versions v
    where v.workflow_id = workflow.id
    order by v.version_number desc
    limit 1
$$;

comment on function public.latest_version is
    'For `select=...latest_version(...)`; sees what row-level security lets the caller see.';

revoke execute on function public.latest_version(public.workflows) from public, anon;
grant execute on function public.latest_version(public.workflows) to authenticated, service_role;

-- PostgREST knows relationships by its own copy of the schema.
notify pgrst, 'reload schema';
