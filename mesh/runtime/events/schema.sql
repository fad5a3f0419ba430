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
