-- Workflows, their versions, and files.

create table public.workflows (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null,
    name text not null check (char_length(name) between 1 and 200),
    description text not null default '' check (char_length(description) <= 4000),
    is_template boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

comment on column public.workflows.is_template is
    'Part of the curated library that everybody signed in may read; only service_role sets it.';

create table public.workflow_versions (
    id uuid primary key default gen_random_uuid(),
    workflow_id uuid not null references public.workflows (id) on delete cascade,
    version_number integer not null check (version_number > 0),
    payload jsonb not null,
    node_count integer not null check (node_count >= 0),
    edge_count integer not null check (edge_count >= 0),
    created_at timestamptz not null default now(),
    constraint workflow_versions_number_unique unique (workflow_id, version_number),
    -- A missing key makes jsonb_typeof null, and a check lets null pass: hence coalesce.
    constraint workflow_versions_payload_is_graph check (
        coalesce(jsonb_typeof(payload -> 'nodes') = 'array', false)
        and coalesce(jsonb_typeof(payload -> 'edges') = 'array', false)
    )
);

comment on column public.workflow_versions.node_count is 'Set by trigger from the payload.';
comment on column public.workflow_versions.edge_count is 'Set by trigger from the payload.';

create table public.files (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null,
    name text not null check (char_length(name) between 1 and 255),
    content_type text not null check (content_type ~ '^[a-z]+/[A-Za-z0-9][A-Za-z0-9.+-]*$'),
    size_bytes bigint not null check (size_bytes >= 0),
    object_key text not null unique,
    thumbnail_key text,
    created_at timestamptz not null default now(),
    -- Below the owner's own prefix; no segment is empty or begins with a dot.
    constraint files_object_key_grammar check (
        object_key ~ '^[0-9a-f-]{36}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){1,4}$'
        and starts_with(object_key, owner_id::text || '/')
    ),
    constraint files_thumbnail_key_grammar check (
        thumbnail_key ~ '^[0-9a-f-]{36}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){1,4}$'
        and starts_with(thumbnail_key, owner_id::text || '/')
    )
);
