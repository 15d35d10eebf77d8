-- Who may see and do what. Supabase grants everything on new tables to its roles: take that back
-- first, so that what stands here is all there is.

revoke all on public.workflows, public.workflow_versions, public.files from anon, authenticated;

grant select, insert, delete on public.workflows to authenticated;
grant update (name, description) on public.workflows to authenticated;
grant select, insert on public.workflow_versions to authenticated;
grant select, insert, delete on public.files to authenticated;
grant update (name) on public.files to authenticated;
grant all on public.workflows, public.workflow_versions, public.files to service_role;

alter table public.workflows enable row level security;
alter table public.workflow_versions enable row level security;
alter table public.files enable row level security;

-- `(select auth.uid())` is worked out once a query; a bare call would run for every row.

create policy workflows_read on public.workflows
for select to authenticated
using (owner_id = (select auth.uid()) or is_template);

create policy workflows_insert on public.workflows
for insert to authenticated
with check (owner_id = (select auth.uid()) and not is_template);

create policy workflows_update on public.workflows
for update to authenticated
using (owner_id = (select auth.uid()) and not is_template)
with check (owner_id = (select auth.uid()) and not is_template);

create policy workflows_delete on public.workflows
for delete to authenticated
using (owner_id = (select auth.uid()) and not is_template);

-- The subquery is subject to workflows_read: whoever sees a workflow sees its versions.
create policy workflow_versions_read on public.workflow_versions
for select to authenticated
using (workflow_id in (select w.id from public.workflows w));

create policy workflow_versions_insert on public.workflow_versions
for insert to authenticated
with check (
    workflow_id in (
        select w.id from public.workflows w
        where w.owner_id = (select auth.uid()) and not w.is_template
    )
);

create policy files_read on public.files
for select to authenticated
using (owner_id = (select auth.uid()));

create policy files_insert on public.files
for insert to authenticated
with check (owner_id = (select auth.uid()));

create policy files_update on public.files
for update to authenticated
using (owner_id = (select auth.uid()))
with check (owner_id = (select auth.uid()));

create policy files_delete on public.files
for delete to authenticated
using (owner_id = (select auth.uid()));
