-- The gauges of spending and fees as they stood at the end of a day; the public reads the newest, so that no visitor makes
-- the books being added up.
CREATE TABLE disclosure_gauges (
  day text PRIMARY KEY,
  body text NOT NULL,
  at {{.time}} NOT NULL
);
