-- What was done, by whom, when. Entries hold ids and public facts, never names; they are never changed.
CREATE TABLE audit_entries (
  id text PRIMARY KEY,
  at {{.time}} NOT NULL,
  actor text NOT NULL,
  verb text NOT NULL,
  subject text NOT NULL,
  public text NOT NULL,
  salt text NOT NULL,
  commitment text NOT NULL
);
CREATE INDEX audit_entries_subject ON audit_entries (subject, id);
CREATE INDEX audit_entries_actor ON audit_entries (actor, id);

-- Keys of acts that must happen once; the hash tells the same act pressed twice from another act under a used key.
CREATE TABLE audit_keys (
  key text PRIMARY KEY,
  input text NOT NULL,
  entry text NOT NULL
);
{{if .pg}}
--bun:split
CREATE FUNCTION audit_refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$ LANGUAGE plpgsql;
--bun:split
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_refuse();
{{else}}
--bun:split
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END;
--bun:split
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END;
{{end}}
