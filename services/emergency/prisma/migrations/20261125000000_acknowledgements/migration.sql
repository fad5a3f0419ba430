-- How long presses took until they were answered, beside the emergencies: written there it moved each row, and its entries in every index.
-- A replica of the version before keeps what it measures until it is replaced, and loses that.
CREATE TABLE acknowledgements (
  emergency_id uuid PRIMARY KEY,
  ms float8 NOT NULL
);
INSERT INTO acknowledgements SELECT id, acknowledged_ms FROM emergencies WHERE acknowledged_ms IS NOT NULL;
ALTER TABLE emergencies DROP COLUMN acknowledged_ms;
