-- Rendered from mesh/topology.ts by `npm run render`; changes made here are lost.
\set ON_ERROR_STOP on
REVOKE ALL ON DATABASE kreki_volunteer FROM PUBLIC;
GRANT CONNECT ON DATABASE kreki_volunteer TO kreki_volunteer;
ALTER DEFAULT PRIVILEGES FOR ROLE kreki_volunteer_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kreki_volunteer;
ALTER DEFAULT PRIVILEGES FOR ROLE kreki_volunteer_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO kreki_volunteer;
