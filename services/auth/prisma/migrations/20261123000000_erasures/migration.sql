-- People who were erased: the account is gone, and each other service is asked until it has let go as well, twice.
CREATE TABLE erasures (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT erasures_user_id_key UNIQUE,
  -- Where the written request is filed; empty when the person asked by themselves.
  reference text NOT NULL DEFAULT '',
  request_time timestamptz(3) NOT NULL DEFAULT now(),
  final_pass_time timestamptz(3) NOT NULL,
  complete_time timestamptz(3)
);
CREATE INDEX erasures_newest ON erasures (request_time DESC, id DESC);

CREATE TABLE erasure_steps (
  erasure_id uuid NOT NULL REFERENCES erasures (id) ON DELETE CASCADE,
  service text NOT NULL,
  -- 1 at once, 2 when every token that was issued has expired.
  pass smallint NOT NULL CHECK (pass IN (1, 2)),
  due_time timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  done_time timestamptz(3),
  waits_for text NOT NULL DEFAULT '',
  PRIMARY KEY (erasure_id, service, pass)
);
CREATE INDEX erasure_steps_due ON erasure_steps (due_time) WHERE done_time IS NULL;
