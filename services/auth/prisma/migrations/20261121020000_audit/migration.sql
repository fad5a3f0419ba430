-- Who used which privilege on whom. Only ever added to, each entry bound to the one before by its hash.
CREATE TABLE audit_entries (
  sequence bigint PRIMARY KEY,
  time timestamptz NOT NULL,
  actor_id uuid,
  actor_role text NOT NULL,
  session_id uuid,
  peer text NOT NULL,
  rpc text NOT NULL,
  subjects text[] NOT NULL,
  outcome text NOT NULL,
  reason text NOT NULL,
  client_address text NOT NULL,
  request_id text NOT NULL,
  trace_id text NOT NULL,
  omitted integer NOT NULL,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL
);
CREATE INDEX audit_entries_by_actor ON audit_entries (actor_id, sequence);
CREATE INDEX audit_entries_by_subject ON audit_entries USING gin (subjects);
CREATE INDEX audit_entries_by_time ON audit_entries USING brin (time);

CREATE FUNCTION audit_hash(entry audit_entries) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT sha256(entry.previous_hash || convert_to(jsonb_build_array(
    entry.sequence, extract(epoch FROM entry.time), entry.actor_id, entry.actor_role, entry.session_id, entry.peer, entry.rpc,
    entry.subjects, entry.outcome, entry.reason, entry.client_address, entry.request_id, entry.trace_id, entry.omitted
  )::text, 'UTF8'))
$$;

CREATE FUNCTION audit_append() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  newest audit_entries;
BEGIN
  -- Whoever writes next waits for the end of this transaction, and finds its entry.
  PERFORM pg_advisory_xact_lock(hashtext('audit_entries'));
  SELECT * INTO newest FROM audit_entries ORDER BY sequence DESC LIMIT 1;
  NEW.sequence := coalesce(newest.sequence, 0) + 1;
  NEW.time := greatest(clock_timestamp(), newest.time);
  NEW.previous_hash := coalesce(newest.hash, '');
  NEW.hash := audit_hash(NEW);
  RETURN NEW;
END
$$;
CREATE TRIGGER audit_entries_append BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_append();

-- Kept for five years.
CREATE FUNCTION audit_keep() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.time < now() - interval '5 years' THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_entries_keep BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_keep();
CREATE TRIGGER audit_entries_keep_all BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_keep();

UPDATE roles SET permissions = ARRAY(SELECT unnest(permissions || '{audit:read}') ORDER BY 1) WHERE name = 'admin';
