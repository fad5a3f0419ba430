-- An emergency stays as the record of an incident when the person who pressed has been erased.
ALTER TABLE emergencies
  ALTER COLUMN requester_id DROP NOT NULL,
  ADD CONSTRAINT emergencies_requester CHECK (requester_id IS NOT NULL OR status > 3);

-- By person, for what is held of one.
CREATE INDEX offers_by_person ON offers (volunteer_id, id);
CREATE INDEX responses_by_person ON responses (volunteer_id);
CREATE INDEX dispatch_decisions_by_person ON dispatch_decisions (volunteer_id, seq) WHERE volunteer_id IS NOT NULL;
