CREATE EXTENSION IF NOT EXISTS postgis;

-- Minutes since Monday 00:00 on a clock in that time zone.
CREATE FUNCTION minute_of_week(at timestamptz, time_zone text) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT (extract(isodow FROM at AT TIME ZONE time_zone)::integer - 1) * 1440
       + extract(hour FROM at AT TIME ZONE time_zone)::integer * 60
       + extract(minute FROM at AT TIME ZONE time_zone)::integer
$$;

-- Whether a volunteer takes offers at that moment: said so, or scheduled and not signed off for the rest of the period.
CREATE FUNCTION takes_offers(
  duty_status smallint, duty_minutes int4multirange, off_until timestamptz, time_zone text, at timestamptz
) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  -- 2 is DUTY_STATUS_ON_DUTY of the contract.
  SELECT duty_status = 2
      OR (duty_minutes @> minute_of_week(at, time_zone) AND (off_until IS NULL OR off_until <= at))
$$;

CREATE TABLE volunteers (
  id uuid PRIMARY KEY,
  display_name text NOT NULL,
  skills smallint[] NOT NULL DEFAULT '{}',
  duty_status smallint NOT NULL DEFAULT 1,
  -- The weekly periods as they were stated, and what they amount to in minutes of the week.
  schedule jsonb NOT NULL DEFAULT '[]',
  duty_minutes int4multirange NOT NULL DEFAULT '{}',
  off_until timestamptz,
  time_zone text NOT NULL,
  verified boolean NOT NULL DEFAULT false,
  engaged_emergency_id uuid,
  create_request_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  version integer NOT NULL DEFAULT 1,
  -- Raises for a zone that the server does not know, so that no stored row can break the search for others.
  CONSTRAINT known_time_zone CHECK (timezone(time_zone, timestamptz 'epoch') IS NOT NULL)
);
CREATE INDEX volunteers_by_name ON volunteers (display_name, id);
CREATE INDEX volunteers_by_engagement ON volunteers (engaged_emergency_id) WHERE engaged_emergency_id IS NOT NULL;

CREATE TABLE certifications (
  id uuid PRIMARY KEY,
  volunteer_id uuid NOT NULL REFERENCES volunteers (id) ON DELETE CASCADE,
  skill smallint NOT NULL,
  issuer text NOT NULL,
  number text NOT NULL,
  valid_from timestamptz NOT NULL,
  valid_until timestamptz NOT NULL,
  -- Checked and not verified means found not to be genuine.
  verified boolean NOT NULL DEFAULT false,
  verified_by uuid,
  verified_at timestamptz,
  request_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (valid_until > valid_from)
);
CREATE INDEX certifications_by_volunteer ON certifications (volunteer_id);
CREATE UNIQUE INDEX certifications_by_request ON certifications (volunteer_id, request_id);
-- A false claim to a number does not keep its owner from adding it.
CREATE UNIQUE INDEX certifications_by_number ON certifications (lower(issuer), number)
  WHERE verified OR verified_at IS NULL;

-- One row for each volunteer from the beginning, apart from the profile so that a move rewrites some hundred bytes. The time is
-- in no index: the update of a phone that lies still touches no index either (HOT), for which the pages keep room.
CREATE TABLE positions (
  volunteer_id uuid PRIMARY KEY REFERENCES volunteers (id) ON DELETE CASCADE,
  findable boolean NOT NULL,
  location geography(Point, 4326),
  accuracy_meters real,
  measured_at timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
-- Only those a search may find are in it, so that it passes over nobody who is off duty.
CREATE INDEX positions_findable ON positions USING gist (location) WHERE findable;

-- Whether a search may find the volunteer at some time of the week.
CREATE FUNCTION is_findable(volunteer volunteers) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT volunteer.verified
     AND volunteer.engaged_emergency_id IS NULL
     AND (volunteer.duty_status = 2 OR NOT isempty(volunteer.duty_minutes))
$$;

CREATE FUNCTION follow_volunteer() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO positions (volunteer_id, findable) VALUES (NEW.id, is_findable(NEW));
  ELSE
    UPDATE positions SET findable = is_findable(NEW)
    WHERE volunteer_id = NEW.id AND findable <> is_findable(NEW);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER positions_follow AFTER INSERT OR UPDATE OF verified, duty_status, duty_minutes, engaged_emergency_id
  ON volunteers FOR EACH ROW EXECUTE FUNCTION follow_volunteer();

-- When each acceptance began and ended, so that events arriving late or in another order come to the same result.
CREATE TABLE engagements (
  volunteer_id uuid NOT NULL,
  emergency_id uuid NOT NULL,
  accepted_at timestamptz,
  ended_at timestamptz,
  PRIMARY KEY (volunteer_id, emergency_id)
);

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
