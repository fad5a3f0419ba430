-- How a person is reached: a projection of auth's accounts, stale while version is ahead of fetched_version.
CREATE TABLE contact (
  user_id uuid PRIMARY KEY,
  email text NOT NULL DEFAULT '',
  phone text NOT NULL DEFAULT '',
  full_name text NOT NULL DEFAULT '',
  locale smallint NOT NULL DEFAULT 0,
  active boolean NOT NULL DEFAULT true,
  version integer NOT NULL DEFAULT 0,
  fetched_version integer NOT NULL DEFAULT 0,
  fetch_time timestamptz
);
CREATE INDEX contact_stale ON contact (user_id) WHERE version > fetched_version;

CREATE TABLE device (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  token text NOT NULL UNIQUE,
  platform smallint NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now(),
  last_seen_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX device_user_id ON device (user_id);

CREATE TABLE preference (
  user_id uuid PRIMARY KEY,
  muted_channels smallint[] NOT NULL DEFAULT '{}',
  muted_topics smallint[] NOT NULL DEFAULT '{}',
  update_time timestamptz NOT NULL DEFAULT now()
);

-- One per source event and person, however often the event is delivered.
CREATE TABLE notification (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  source_event_id uuid NOT NULL,
  topic smallint NOT NULL,
  priority smallint NOT NULL,
  content jsonb NOT NULL,
  emergency_id uuid,
  expire_time timestamptz,
  create_time timestamptz NOT NULL DEFAULT now(),
  read_time timestamptz,
  UNIQUE (source_event_id, user_id)
);
CREATE INDEX notification_inbox ON notification (user_id, id);

-- Status numbers are those of kreki.notification.v1.DeliveryStatus: 1 queued, 2 sending, 3 sent, 4 delivered, 5 read, 6 failed, 7 skipped.
CREATE TABLE delivery (
  id uuid PRIMARY KEY,
  notification_id uuid NOT NULL,
  user_id uuid NOT NULL,
  emergency_id uuid,
  channel smallint NOT NULL,
  device_id uuid,
  priority smallint NOT NULL,
  status smallint NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  error text NOT NULL DEFAULT '',
  provider_id text,
  due_time timestamptz NOT NULL DEFAULT now(),
  create_time timestamptz NOT NULL DEFAULT now(),
  send_time timestamptz,
  deliver_time timestamptz,
  read_time timestamptz,
  UNIQUE NULLS NOT DISTINCT (notification_id, channel, device_id)
) WITH (
  fillfactor = 80,
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_delay = 0
);
-- The queue: a lane reads one priority and channel in the order of due_time.
CREATE INDEX delivery_due ON delivery (priority, channel, due_time) WHERE status IN (1, 2);
CREATE INDEX delivery_provider_id ON delivery (provider_id) WHERE channel = 2 AND provider_id IS NOT NULL;
CREATE INDEX delivery_emergency ON delivery (emergency_id, id);
CREATE INDEX delivery_user ON delivery (user_id, id);

-- What WhatsApp told already, so that a repeat changes nothing: each status of a message sent (3 to 6), each message received (0).
CREATE TABLE whatsapp_receipt (
  wamid text NOT NULL,
  status smallint NOT NULL,
  receive_time timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (wamid, status)
);
CREATE INDEX whatsapp_receipt_receive_time ON whatsapp_receipt USING brin (receive_time);

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
