LOCK TABLE users IN ACCESS EXCLUSIVE MODE;

-- What another replica wrote since the step that sealed; the next start seals it.
DO $$
BEGIN
  IF EXISTS (SELECT FROM users WHERE email_sealed IS NULL OR (phone_sealed IS NULL) <> (phone IS NULL)) THEN
    RAISE EXCEPTION 'accounts were changed while they were sealed; start again';
  END IF;
END
$$;

DROP TRIGGER users_forget_sealed ON users;
DROP FUNCTION forget_sealed;
ALTER TABLE users
  DROP COLUMN email,
  DROP COLUMN phone,
  ALTER COLUMN email_sealed SET NOT NULL,
  ALTER COLUMN email_lookup SET NOT NULL,
  ADD CONSTRAINT users_phone_found CHECK ((phone_sealed IS NULL) = (phone_lookup IS NULL));

-- Of several constraints the one made first tells of a violation: an e-mail that is taken, before a request id that is.
ALTER TABLE users
  DROP CONSTRAINT users_register_request_id_key,
  ADD CONSTRAINT users_register_request_id_key UNIQUE (register_request_id);

-- The key of each value, for the loop that seals values again.
CREATE INDEX users_email_head ON users (substr(email_sealed, 1, 3));
CREATE INDEX users_phone_head ON users (substr(phone_sealed, 1, 3));

-- A dropped column stays in the rows, and a changed row on its page, until the table is written anew.
CLUSTER users USING users_pkey;
ALTER TABLE users SET WITHOUT CLUSTER;
