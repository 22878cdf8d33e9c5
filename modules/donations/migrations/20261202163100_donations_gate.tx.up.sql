-- The way of a campaign before it opens and after it has ended: 内部决策, 报备, 退回补正, 已备案, 总结公开, 归档.
-- state says whether people may give; step says how far the way has come.
ALTER TABLE donations_campaigns ADD COLUMN step text NOT NULL DEFAULT '' CHECK (step IN ('', 'decided', 'filing', 'returned', 'filed', 'summed', 'archived'));
-- The council's resolution, and when the filing was accepted. filed_on is the day on which the plan was handed in.
ALTER TABLE donations_campaigns ADD COLUMN decision text NOT NULL DEFAULT '';
ALTER TABLE donations_campaigns ADD COLUMN decided_on text;
ALTER TABLE donations_campaigns ADD COLUMN decided_by text NOT NULL DEFAULT '';
ALTER TABLE donations_campaigns ADD COLUMN recorded_on text;
-- Of a partner (慈善法 26): the agreement and the assessment made before it.
ALTER TABLE donations_campaigns ADD COLUMN agreement text NOT NULL DEFAULT '';
ALTER TABLE donations_campaigns ADD COLUMN evaluation text NOT NULL DEFAULT '';
-- A campaign that was ended before its time (终止) says what happens to its money.
ALTER TABLE donations_campaigns ADD COLUMN cut boolean NOT NULL DEFAULT false;
ALTER TABLE donations_campaigns ADD COLUMN settlement text NOT NULL DEFAULT '';
-- Campaigns that raised in public before had their filing number already; of their resolution nothing is known.
UPDATE donations_campaigns SET step = 'filed', recorded_on = filed_on WHERE mode IN ('own', 'partner') AND state IN ('open', 'paused');
CREATE INDEX donations_campaigns_over ON donations_campaigns (ends_on) WHERE state IN ('open', 'paused');

-- What happened to a campaign, one line each; nothing is ever changed.
CREATE TABLE donations_steps (
  id text PRIMARY KEY,
  campaign text NOT NULL REFERENCES donations_campaigns (id),
  step text NOT NULL,
  day text,
  number text NOT NULL,
  reason text NOT NULL,
  made_by text NOT NULL,
  made_name text NOT NULL,
  made_at {{.time}} NOT NULL
);
CREATE INDEX donations_steps_campaign ON donations_steps (campaign, id);

-- The roll of the general fund in its own order: a page of it costs the same however long it is.
CREATE INDEX donations_gifts_general ON donations_gifts (roll) WHERE campaign IS NULL AND roll IS NOT NULL;
