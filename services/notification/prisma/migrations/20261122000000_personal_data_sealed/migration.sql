-- E-mail addresses and phone numbers sealed. A step in code (data-steps.ts) fills these from the plain columns, which the next migration drops.
ALTER TABLE contact ADD COLUMN email_sealed bytea, ADD COLUMN phone_sealed bytea;

-- A replica of the version before may still change plain values: what was sealed of them is then sealed anew.
CREATE FUNCTION forget_sealed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.email <> OLD.email THEN
    NEW.email_sealed := NULL;
  END IF;
  IF NEW.phone <> OLD.phone THEN
    NEW.phone_sealed := NULL;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER contact_forget_sealed BEFORE UPDATE OF email, phone ON contact FOR EACH ROW EXECUTE FUNCTION forget_sealed();
