-- What the registry needs of a PostgreSQL server once, as its superuser: two logins, a database, an extension.
-- psql reads the passwords from its environment.
\set ON_ERROR_STOP on
\getenv owner_password AXREG_OWNER_PASSWORD
\getenv app_password AXREG_APP_PASSWORD
CREATE ROLE axreg_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE axreg_app LOGIN PASSWORD :'app_password';
CREATE DATABASE axreg OWNER axreg_owner;
\connect axreg
CREATE EXTENSION pg_trgm;
