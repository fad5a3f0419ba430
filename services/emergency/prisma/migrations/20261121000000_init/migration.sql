CREATE EXTENSION IF NOT EXISTS postgis;

CREATE TABLE emergencies (
  id uuid PRIMARY KEY,
  requester_id uuid NOT NULL,
  request_id uuid,
  latitude float8 NOT NULL,
  longitude float8 NOT NULL,
  accuracy_meters float8 NOT NULL,
  location geography(Point, 4326) NOT NULL
    GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)::geography) STORED,
  severity smallint NOT NULL,
  category smallint NOT NULL,
  description text NOT NULL,
  status smallint NOT NULL DEFAULT 1,
  responders_needed smallint NOT NULL,
  search_radius_meters float8 NOT NULL,
  received_at timestamptz NOT NULL,
  acknowledged_ms float8,
  created_at timestamptz NOT NULL DEFAULT now(),
  first_offer_at timestamptz,
  assigned_at timestamptz,
  arrived_at timestamptz,
  completed_at timestamptz,
  cancelled_at timestamptz,
  cancel_reason smallint NOT NULL DEFAULT 0,
  escalated_at timestamptz,
  escalation_reason smallint NOT NULL DEFAULT 0,
  next_step_at timestamptz,
  deferred boolean NOT NULL DEFAULT false,
  version bigint NOT NULL DEFAULT 1
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX emergencies_by_request ON emergencies (requester_id, request_id);
-- Statuses 1 to 3 are open: one open emergency a person.
CREATE UNIQUE INDEX emergencies_open_by_requester ON emergencies (requester_id) WHERE status <= 3;
CREATE INDEX emergencies_open ON emergencies (id) WHERE status <= 3;
CREATE INDEX emergencies_due ON emergencies (next_step_at) WHERE next_step_at IS NOT NULL;
CREATE INDEX emergencies_by_time ON emergencies (created_at);

CREATE TABLE offers (
  id uuid PRIMARY KEY,
  emergency_id uuid NOT NULL REFERENCES emergencies,
  volunteer_id uuid NOT NULL,
  display_name text NOT NULL,
  status smallint NOT NULL DEFAULT 1,
  distance_meters float8 NOT NULL,
  offered_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  closed_at timestamptz
);
CREATE UNIQUE INDEX offers_by_volunteer ON offers (emergency_id, volunteer_id);
CREATE INDEX offers_open_by_volunteer ON offers (volunteer_id) WHERE status = 1;

CREATE TABLE responses (
  emergency_id uuid NOT NULL REFERENCES emergencies,
  volunteer_id uuid NOT NULL,
  display_name text NOT NULL,
  distance_meters float8 NOT NULL,
  status smallint NOT NULL DEFAULT 1,
  accepted_at timestamptz NOT NULL,
  en_route_at timestamptz,
  arrived_at timestamptz,
  completed_at timestamptz,
  PRIMARY KEY (emergency_id, volunteer_id)
);
-- Statuses 1 to 3 are active: nobody responds to two emergencies at a time.
CREATE UNIQUE INDEX responses_active_by_volunteer ON responses (volunteer_id) WHERE status <= 3;

CREATE TABLE dispatch_decisions (
  seq bigserial PRIMARY KEY,
  emergency_id uuid NOT NULL REFERENCES emergencies,
  decided_at timestamptz NOT NULL,
  action smallint NOT NULL,
  volunteer_id uuid,
  distance_meters float8 NOT NULL DEFAULT 0,
  radius_meters float8 NOT NULL,
  reason text NOT NULL
);
CREATE INDEX dispatch_decisions_by_emergency ON dispatch_decisions (emergency_id, seq);

CREATE TABLE regencies (
  code text PRIMARY KEY,
  name text NOT NULL,
  centre geography(Point, 4326) NOT NULL
);
CREATE TABLE coordinators (
  regency_code text NOT NULL REFERENCES regencies,
  user_id uuid NOT NULL,
  PRIMARY KEY (regency_code, user_id)
);
CREATE TABLE districts (
  name text PRIMARY KEY,
  centre geography(Point, 4326) NOT NULL
);

INSERT INTO regencies (code, name, centre)
SELECT code, name, ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)::geography
FROM (VALUES
  ('31.01', 'Kabupaten Administrasi Kepulauan Seribu', -5.6122, 106.6170),
  ('31.71', 'Kota Administrasi Jakarta Pusat', -6.1805, 106.8284),
  ('31.72', 'Kota Administrasi Jakarta Utara', -6.1384, 106.8637),
  ('31.73', 'Kota Administrasi Jakarta Barat', -6.1683, 106.7588),
  ('31.74', 'Kota Administrasi Jakarta Selatan', -6.2615, 106.8106),
  ('31.75', 'Kota Administrasi Jakarta Timur', -6.2250, 106.9004)
) AS regency (code, name, latitude, longitude);

-- Jakarta's 44 districts, by their approximate middles.
INSERT INTO districts (name, centre)
SELECT name, ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)::geography
FROM (VALUES
  ('Gambir', -6.1716, 106.8166), ('Sawah Besar', -6.1553, 106.8350), ('Kemayoran', -6.1624, 106.8560),
  ('Senen', -6.1827, 106.8450), ('Cempaka Putih', -6.1800, 106.8687), ('Menteng', -6.1950, 106.8350),
  ('Tanah Abang', -6.2050, 106.8100), ('Johar Baru', -6.1835, 106.8580),
  ('Penjaringan', -6.1265, 106.7820), ('Pademangan', -6.1330, 106.8390), ('Tanjung Priok', -6.1320, 106.8710),
  ('Koja', -6.1210, 106.9030), ('Kelapa Gading', -6.1600, 106.9050), ('Cilincing', -6.1290, 106.9450),
  ('Cengkareng', -6.1480, 106.7350), ('Grogol Petamburan', -6.1630, 106.7880), ('Taman Sari', -6.1460, 106.8180),
  ('Tambora', -6.1480, 106.8010), ('Kebon Jeruk', -6.1920, 106.7700), ('Kalideres', -6.1380, 106.7030),
  ('Palmerah', -6.1900, 106.7940), ('Kembangan', -6.1910, 106.7400),
  ('Kebayoran Baru', -6.2430, 106.8000), ('Kebayoran Lama', -6.2490, 106.7780), ('Pesanggrahan', -6.2530, 106.7560),
  ('Cilandak', -6.2900, 106.8000), ('Pasar Minggu', -6.2920, 106.8270), ('Jagakarsa', -6.3340, 106.8230),
  ('Mampang Prapatan', -6.2500, 106.8230), ('Pancoran', -6.2540, 106.8440), ('Tebet', -6.2310, 106.8500),
  ('Setiabudi', -6.2170, 106.8270),
  ('Matraman', -6.2030, 106.8620), ('Pulo Gadung', -6.1910, 106.8900), ('Jatinegara', -6.2280, 106.8820),
  ('Kramat Jati', -6.2740, 106.8690), ('Pasar Rebo', -6.3250, 106.8560), ('Cakung', -6.1830, 106.9470),
  ('Duren Sawit', -6.2330, 106.9150), ('Makasar', -6.2690, 106.8900), ('Ciracas', -6.3290, 106.8790),
  ('Cipayung', -6.3200, 106.9010),
  ('Kepulauan Seribu Utara', -5.5900, 106.5600), ('Kepulauan Seribu Selatan', -5.7700, 106.6500)
) AS district (name, latitude, longitude);

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
