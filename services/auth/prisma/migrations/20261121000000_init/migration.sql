-- A named set of permissions, each `resource:action`. One row a role, so that one row lock covers all that it grants.
CREATE TABLE roles (
  name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z_]{0,48}$'),
  description text NOT NULL DEFAULT '',
  permissions text[] NOT NULL,
  update_time timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE users (
  id uuid PRIMARY KEY,
  email text NOT NULL CONSTRAINT users_email_key UNIQUE CHECK (email = lower(email)),
  phone text CONSTRAINT users_phone_key UNIQUE CHECK (phone ~ '^\+[1-9][0-9]{7,14}$'),
  password_hash text,
  full_name text NOT NULL,
  role text NOT NULL CONSTRAINT users_role_fkey REFERENCES roles (name),
  verified boolean NOT NULL DEFAULT false,
  active boolean NOT NULL DEFAULT true,
  locale text NOT NULL DEFAULT 'id' CHECK (locale IN ('id', 'en')),
  register_request_id uuid CONSTRAINT users_register_request_id_key UNIQUE,
  deactivate_time timestamptz(3),
  deactivate_reason text,
  create_time timestamptz(3) NOT NULL DEFAULT now(),
  update_time timestamptz(3) NOT NULL DEFAULT now(),
  version integer NOT NULL DEFAULT 1
);
CREATE INDEX users_newest ON users (create_time DESC, id DESC);
CREATE INDEX users_of_role ON users (role, create_time DESC, id DESC);

CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  user_agent text NOT NULL,
  ip_address text NOT NULL,
  create_time timestamptz(3) NOT NULL DEFAULT now(),
  last_use_time timestamptz(3) NOT NULL DEFAULT now(),
  expire_time timestamptz(3) NOT NULL,
  end_time timestamptz(3),
  end_reason text CHECK (end_reason IN ('logout', 'revoked', 'reuse', 'password', 'deactivated'))
);
CREATE INDEX sessions_open ON sessions (user_id, create_time DESC, id DESC) WHERE end_time IS NULL;
CREATE INDEX sessions_expire_time ON sessions (expire_time);

-- Spent tokens stay until they would have expired, so that their reuse is known.
CREATE TABLE refresh_tokens (
  hash bytea PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  expire_time timestamptz(3) NOT NULL,
  spent_time timestamptz(3),
  successor_hash bytea,
  successor_sealed bytea
);
CREATE INDEX refresh_tokens_session_id ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_expire_time ON refresh_tokens (expire_time);

CREATE TABLE signing_keys (
  kid text PRIMARY KEY,
  public_key text NOT NULL,
  private_key_sealed bytea NOT NULL,
  create_time timestamptz(3) NOT NULL,
  active_time timestamptz(3) NOT NULL
);

-- What Redis is filled from. Rows outlive every token they concern, and no longer.
CREATE TABLE revocations (
  subject text PRIMARY KEY,
  value bigint NOT NULL,
  expire_time timestamptz(3) NOT NULL,
  published boolean NOT NULL DEFAULT false
);
CREATE INDEX revocations_unpublished ON revocations (subject) WHERE NOT published;
CREATE INDEX revocations_expire_time ON revocations (expire_time);

INSERT INTO roles (name, description, permissions) VALUES
  ('public', 'Anybody with a KREKI ID', '{emergencies:create,volunteers:create}'),
  ('volunteer', 'A trained volunteer who answers alerts',
    '{emergencies:create,volunteers:create,volunteers:update,responses:create,responses:update}'),
  ('dispatcher', 'Watches over emergencies and verifies certificates',
    '{emergencies:create,emergencies:read,emergencies:update,volunteers:read,certifications:update,dispatch:read,statistics:read,deliveries:read}'),
  ('patient', 'A patient of MediQ', '{emergencies:create}'),
  ('operator', 'Staff of a health facility in MediQ', '{emergencies:create}'),
  ('facility_admin', 'Administrator of a health facility in MediQ', '{emergencies:create}');

INSERT INTO roles (name, description, permissions)
SELECT 'admin', 'May do everything', array_agg(resource || ':' || action ORDER BY resource, action)
FROM unnest('{certifications,deliveries,dispatch,emergencies,responses,roles,statistics,users,volunteers}'::text[]) AS resource,
  unnest('{create,read,update,delete}'::text[]) AS action;

-- Events waiting for the relay, and those it published lately (kept so that a broker that lost them can be given them again).
CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  seq bigserial NOT NULL,
  subject text NOT NULL,
  aggregate_id text NOT NULL,
  payload bytea NOT NULL,
  headers jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz,
  stream_seq bigint
) WITH (
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX outbox_unpublished ON outbox (seq) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (stream_seq) WHERE published_at IS NOT NULL;

-- Events a durable consumer has handled: a row is written in the transaction of the effect, so that a second delivery has none.
CREATE TABLE inbox (
  durable text NOT NULL,
  event_id uuid NOT NULL,
  handled_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (durable, event_id)
);
CREATE INDEX inbox_handled_at ON inbox USING brin (handled_at);
