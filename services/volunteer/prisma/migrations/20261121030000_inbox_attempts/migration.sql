-- How often it was begun to handle an event which an earlier process was given and did not acknowledge: it may be what ended that process.
CREATE TABLE inbox_attempts (
  durable text NOT NULL,
  event_id uuid NOT NULL,
  attempts integer NOT NULL,
  begin_time timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (durable, event_id)
);
