-- The trace of the press, in which dispatch goes on.
ALTER TABLE emergencies ADD COLUMN traceparent text;
