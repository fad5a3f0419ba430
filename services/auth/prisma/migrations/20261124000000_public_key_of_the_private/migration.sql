-- A private key has its public one in it. Replicas of the version before serve on with the keys that they have read.
ALTER TABLE signing_keys DROP COLUMN public_key;
