-- What a Supabase project has before anyone adds a table: its roles, and auth.uid().
-- Only the embedded server needs it; on a real project every statement changes nothing.

do $$
begin
    if not exists (select from pg_roles where rolname = 'anon') then
        create role anon nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'authenticated') then
        create role authenticated nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'service_role') then
        create role service_role nologin bypassrls;
    end if;
    -- PostgREST connects as this one and becomes the role that the token names.
    if not exists (select from pg_roles where rolname = 'authenticator') then
        create role authenticator login noinherit;
        grant anon, authenticated, service_role to authenticator;
    end if;

    if to_regprocedure('auth.uid()') is null then
        create schema if not exists auth;
        grant usage on schema auth to anon, authenticated, service_role;
        execute $uid$
            create function auth.uid() returns uuid
            language sql stable
            return (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
        $uid$;
    end if;
end;
$$;

grant usage on schema public to anon, authenticated, service_role;
