-- Whom an emergency no longer needed may be asked again when a responder withdraws.
DROP INDEX offers_by_volunteer;
CREATE INDEX offers_by_volunteer ON offers (emergency_id, volunteer_id, id DESC);
-- Statuses 1 and 2: open, accepted.
CREATE UNIQUE INDEX offers_standing ON offers (emergency_id, volunteer_id) WHERE status <= 2;
ALTER TABLE offers ADD COLUMN close_reason text;

-- How often in a row volunteers could not be searched: the back-off, and whether the outage is on record already.
ALTER TABLE emergencies DROP COLUMN deferred;
ALTER TABLE emergencies ADD COLUMN failed_searches smallint NOT NULL DEFAULT 0;

-- A regency is told of what happens in its own districts, whichever regency's middle is nearer.
ALTER TABLE districts ADD COLUMN regency_code text REFERENCES regencies;
UPDATE districts SET regency_code = CASE
  WHEN name LIKE 'Kepulauan Seribu %' THEN '31.01'
  WHEN name IN ('Gambir', 'Sawah Besar', 'Kemayoran', 'Senen', 'Cempaka Putih', 'Menteng', 'Tanah Abang', 'Johar Baru') THEN '31.71'
  WHEN name IN ('Penjaringan', 'Pademangan', 'Tanjung Priok', 'Koja', 'Kelapa Gading', 'Cilincing') THEN '31.72'
  WHEN name IN ('Cengkareng', 'Grogol Petamburan', 'Taman Sari', 'Tambora', 'Kebon Jeruk', 'Kalideres', 'Palmerah', 'Kembangan')
    THEN '31.73'
  WHEN name IN ('Kebayoran Baru', 'Kebayoran Lama', 'Pesanggrahan', 'Cilandak', 'Pasar Minggu', 'Jagakarsa', 'Mampang Prapatan',
    'Pancoran', 'Tebet', 'Setiabudi') THEN '31.74'
  ELSE '31.75'
END;
ALTER TABLE districts ALTER COLUMN regency_code SET NOT NULL;
