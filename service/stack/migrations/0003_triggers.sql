-- Columns that the database keeps true, whatever a client sends.

create function public.count_graph() returns trigger
language plpgsql
set search_path = ''
as $$
declare
    nodes constant jsonb := new.payload -> 'nodes';
    edges constant jsonb := new.payload -> 'edges';
begin
    -- What is not an array is left to the table's check, whose message names the constraint.
    new.node_count := case when jsonb_typeof(nodes) = 'array' then jsonb_array_length(nodes) else 0 end;
    new.edge_count := case when jsonb_typeof(edges) = 'array' then jsonb_array_length(edges) else 0 end;
    return new;
end;
$$;

-- Every update, not only `update of payload`: a client could otherwise set the counts alone.
create trigger workflow_versions_count
before insert or update on public.workflow_versions
for each row execute function public.count_graph();

-- With the owner's rights: clients may not write updated_at themselves.
create function public.touch_workflow() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    update public.workflows
    set updated_at = greatest(updated_at, new.created_at)
    where id = new.workflow_id and updated_at < new.created_at;
    return null;
end;
$$;

create trigger workflow_versions_touch
after insert on public.workflow_versions
for each row execute function public.touch_workflow();

create function public.touch_self() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    new.updated_at := greatest(old.updated_at, now());
    return new;
end;
$$;

create trigger workflows_touch
before update of name, description, is_template on public.workflows
for each row execute function public.touch_self();

revoke execute on function public.count_graph(), public.touch_workflow(), public.touch_self()
from public, anon, authenticated;
