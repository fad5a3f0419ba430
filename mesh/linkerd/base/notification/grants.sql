-- Rendered from mesh/topology.ts by `npm run render`; changes made here are lost.
\set ON_ERROR_STOP on
REVOKE ALL ON DATABASE kreki_notification FROM PUBLIC;
GRANT CONNECT ON DATABASE kreki_notification TO kreki_notification;
ALTER DEFAULT PRIVILEGES FOR ROLE kreki_notification_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kreki_notification;
ALTER DEFAULT PRIVILEGES FOR ROLE kreki_notification_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO kreki_notification;
