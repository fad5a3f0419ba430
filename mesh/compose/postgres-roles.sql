-- Rendered from mesh/topology.ts by `npm run render`; changes made here are lost.
-- Roles, databases and extensions of the services, made where they are missing.

\set ON_ERROR_STOP on
SET client_min_messages = warning;
\set kreki_auth_owner `cat /run/secrets/kreki_auth_owner`
\set kreki_auth `cat /run/secrets/kreki_auth`
\set kreki_volunteer_owner `cat /run/secrets/kreki_volunteer_owner`
\set kreki_volunteer `cat /run/secrets/kreki_volunteer`
\set kreki_emergency_owner `cat /run/secrets/kreki_emergency_owner`
\set kreki_emergency `cat /run/secrets/kreki_emergency`
\set kreki_notification_owner `cat /run/secrets/kreki_notification_owner`
\set kreki_notification `cat /run/secrets/kreki_notification`

REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;

SELECT 'CREATE ROLE kreki_auth_owner' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kreki_auth_owner') \gexec
SELECT 'CREATE ROLE kreki_auth' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kreki_auth') \gexec
ALTER ROLE kreki_auth_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'kreki_auth_owner';
ALTER ROLE kreki_auth LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 39 PASSWORD :'kreki_auth';
ALTER ROLE kreki_auth SET statement_timeout = '30s';
ALTER ROLE kreki_auth SET idle_in_transaction_session_timeout = '60s';
SELECT 'CREATE DATABASE kreki_auth OWNER kreki_auth_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'kreki_auth') \gexec
\connect kreki_auth
REVOKE ALL ON DATABASE kreki_auth FROM PUBLIC;
GRANT CONNECT ON DATABASE kreki_auth TO kreki_auth;
ALTER DEFAULT PRIVILEGES FOR ROLE kreki_auth_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kreki_auth;
ALTER DEFAULT PRIVILEGES FOR ROLE kreki_auth_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO kreki_auth;

SELECT 'CREATE ROLE kreki_volunteer_owner' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kreki_volunteer_owner') \gexec
SELECT 'CREATE ROLE kreki_volunteer' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kreki_volunteer') \gexec
ALTER ROLE kreki_volunteer_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'kreki_volunteer_owner';
ALTER ROLE kreki_volunteer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 42 PASSWORD :'kreki_volunteer';
ALTER ROLE kreki_volunteer SET statement_timeout = '30s';
ALTER ROLE kreki_volunteer SET idle_in_transaction_session_timeout = '60s';
SELECT 'CREATE DATABASE kreki_volunteer OWNER kreki_volunteer_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'kreki_volunteer') \gexec
\connect kreki_volunteer
REVOKE ALL ON DATABASE kreki_volunteer FROM PUBLIC;
GRANT CONNECT ON DATABASE kreki_volunteer TO kreki_volunteer;
CREATE EXTENSION IF NOT EXISTS postgis;
ALTER DEFAULT PRIVILEGES FOR ROLE kreki_volunteer_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kreki_volunteer;
ALTER DEFAULT PRIVILEGES FOR ROLE kreki_volunteer_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO kreki_volunteer;

SELECT 'CREATE ROLE kreki_emergency_owner' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kreki_emergency_owner') \gexec
SELECT 'CREATE ROLE kreki_emergency' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kreki_emergency') \gexec
ALTER ROLE kreki_emergency_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'kreki_emergency_owner';
ALTER ROLE kreki_emergency LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 54 PASSWORD :'kreki_emergency';
ALTER ROLE kreki_emergency SET statement_timeout = '30s';
ALTER ROLE kreki_emergency SET idle_in_transaction_session_timeout = '60s';
SELECT 'CREATE DATABASE kreki_emergency OWNER kreki_emergency_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'kreki_emergency') \gexec
\connect kreki_emergency
REVOKE ALL ON DATABASE kreki_emergency FROM PUBLIC;
GRANT CONNECT ON DATABASE kreki_emergency TO kreki_emergency;
CREATE EXTENSION IF NOT EXISTS postgis;
ALTER DEFAULT PRIVILEGES FOR ROLE kreki_emergency_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kreki_emergency;
ALTER DEFAULT PRIVILEGES FOR ROLE kreki_emergency_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO kreki_emergency;

SELECT 'CREATE ROLE kreki_notification_owner' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kreki_notification_owner') \gexec
SELECT 'CREATE ROLE kreki_notification' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kreki_notification') \gexec
ALTER ROLE kreki_notification_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'kreki_notification_owner';
ALTER ROLE kreki_notification LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 45 PASSWORD :'kreki_notification';
ALTER ROLE kreki_notification SET statement_timeout = '30s';
ALTER ROLE kreki_notification SET idle_in_transaction_session_timeout = '60s';
SELECT 'CREATE DATABASE kreki_notification OWNER kreki_notification_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'kreki_notification') \gexec
\connect kreki_notification
REVOKE ALL ON DATABASE kreki_notification FROM PUBLIC;
GRANT CONNECT ON DATABASE kreki_notification TO kreki_notification;
ALTER DEFAULT PRIVILEGES FOR ROLE kreki_notification_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kreki_notification;
ALTER DEFAULT PRIVILEGES FOR ROLE kreki_notification_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO kreki_notification;
