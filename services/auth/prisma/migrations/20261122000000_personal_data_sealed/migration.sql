-- E-mail addresses and phone numbers sealed, and keyed hashes to find them by. A step in code (data-steps.ts) fills them from the plain
-- columns, which the next migration drops.
ALTER TABLE users
  ADD COLUMN email_sealed bytea,
  ADD COLUMN email_lookup bytea CONSTRAINT users_email_lookup_key UNIQUE,
  ADD COLUMN phone_sealed bytea,
  ADD COLUMN phone_lookup bytea CONSTRAINT users_phone_lookup_key UNIQUE;

-- A replica of the version before may still change plain values: what was sealed of them is then sealed anew.
CREATE FUNCTION forget_sealed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.email IS DISTINCT FROM OLD.email THEN
    NEW.email_sealed := NULL;
    NEW.email_lookup := NULL;
  END IF;
  IF NEW.phone IS DISTINCT FROM OLD.phone THEN
    NEW.phone_sealed := NULL;
    NEW.phone_lookup := NULL;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER users_forget_sealed BEFORE UPDATE OF email, phone ON users FOR EACH ROW EXECUTE FUNCTION forget_sealed();
