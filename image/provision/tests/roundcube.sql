-- The tables and columns of Roundcube 1.6 that an export knows, for a test.
CREATE TABLE users (user_id integer NOT NULL PRIMARY KEY, username varchar(128) NOT NULL, mail_host varchar(128) NOT NULL,
  created datetime NOT NULL DEFAULT '0000-00-00 00:00:00', last_login datetime, language varchar(16), preferences text);
CREATE UNIQUE INDEX ix_users_username ON users (username, mail_host);
CREATE TABLE identities (identity_id integer NOT NULL PRIMARY KEY, user_id integer NOT NULL,
  changed datetime NOT NULL DEFAULT '0000-00-00 00:00:00', del tinyint NOT NULL DEFAULT 0, standard tinyint NOT NULL DEFAULT 0,
  name varchar(128) NOT NULL DEFAULT '', organization varchar(128) DEFAULT '', email varchar(128) NOT NULL DEFAULT '',
  "reply-to" varchar(128) NOT NULL DEFAULT '', bcc varchar(128) NOT NULL DEFAULT '', signature text NOT NULL DEFAULT '',
  html_signature tinyint NOT NULL DEFAULT 0);
CREATE TABLE responses (response_id integer NOT NULL PRIMARY KEY, user_id integer NOT NULL,
  changed datetime NOT NULL DEFAULT '0000-00-00 00:00:00', del tinyint NOT NULL DEFAULT 0, name varchar(255) NOT NULL,
  data text NOT NULL, is_html tinyint NOT NULL DEFAULT 0);
CREATE TABLE collected_addresses (address_id integer NOT NULL PRIMARY KEY, user_id integer NOT NULL,
  changed datetime NOT NULL DEFAULT '0000-00-00 00:00:00', name varchar(255) NOT NULL DEFAULT '', email varchar(255) NOT NULL,
  "type" integer NOT NULL);
CREATE TABLE contacts (contact_id integer NOT NULL PRIMARY KEY, user_id integer NOT NULL,
  changed datetime NOT NULL DEFAULT '0000-00-00 00:00:00', del tinyint NOT NULL DEFAULT 0, name varchar(128) NOT NULL DEFAULT '',
  email text NOT NULL DEFAULT '', firstname varchar(128) NOT NULL DEFAULT '', surname varchar(128) NOT NULL DEFAULT '',
  vcard text NOT NULL DEFAULT '', words text NOT NULL DEFAULT '');
CREATE TABLE contactgroups (contactgroup_id integer NOT NULL PRIMARY KEY, user_id integer NOT NULL,
  changed datetime NOT NULL DEFAULT '0000-00-00 00:00:00', del tinyint NOT NULL DEFAULT 0, name varchar(128) NOT NULL DEFAULT '');
CREATE TABLE contactgroupmembers (contactgroup_id integer NOT NULL, contact_id integer NOT NULL,
  created datetime NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (contactgroup_id, contact_id));
