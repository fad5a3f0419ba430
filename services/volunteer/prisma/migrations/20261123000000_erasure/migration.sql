-- By person, for what is held of one.
CREATE INDEX certifications_by_verifier ON certifications (verified_by, id) WHERE verified_by IS NOT NULL;
