-- Files: which bytes belong to what. The bytes are in the object store under their SHA-256.
CREATE TABLE media_files (
  id text PRIMARY KEY,
  object text NOT NULL,
  size bigint NOT NULL CHECK (size >= 0),
  type text NOT NULL,
  name text NOT NULL,
  subject text NOT NULL,
  category text NOT NULL,
  owner text NOT NULL,
  at {{.time}} NOT NULL,
  removed_at {{.time}}
);
CREATE INDEX media_files_subject ON media_files (subject, id);
CREATE INDEX media_files_object ON media_files (object);
