-- The trace of the event that it follows from, in which it is sent.
ALTER TABLE notification ADD COLUMN traceparent text;
