-- Makes a table append-only, whoever asks: CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON … EXECUTE FUNCTION refuse_change().
-- The role that a service runs as owns no table, so that it cannot take the trigger away.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are neither changed nor deleted', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
