-- Orders, one try of a donor to pay a gift by a channel. no is what the channel knows it by; txn is the channel's own number.
CREATE TABLE channels_orders (
  id text PRIMARY KEY,
  no text NOT NULL UNIQUE,
  gift text NOT NULL,
  channel text NOT NULL,
  way text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  state text NOT NULL CHECK (state IN ('made', 'open', 'paid', 'surplus', 'odd', 'closed')),
  subject text NOT NULL,
  code text NOT NULL,
  href text NOT NULL,
  prepay text NOT NULL,
  made_at {{.time}} NOT NULL,
  expires_at {{.time}} NOT NULL,
  ask_at {{.time}} NOT NULL,
  asks bigint NOT NULL,
  txn text,
  paid_at {{.time}},
  paid_on text,
  CHECK ((state IN ('paid', 'surplus')) = (txn IS NOT NULL)),
  CHECK ((txn IS NULL) = (paid_at IS NULL) AND (txn IS NULL) = (paid_on IS NULL))
);
CREATE UNIQUE INDEX channels_orders_txn ON channels_orders (channel, txn) WHERE txn IS NOT NULL;
-- A gift has one live order of a channel and a way at most: a second press meets the first one.
CREATE UNIQUE INDEX channels_orders_live ON channels_orders (gift, channel, way) WHERE state IN ('made', 'open');
-- A gift is paid once; what comes beyond is surplus and goes back.
CREATE UNIQUE INDEX channels_orders_paid ON channels_orders (gift) WHERE state = 'paid';
CREATE INDEX channels_orders_gift ON channels_orders (gift, id);
CREATE INDEX channels_orders_ask ON channels_orders (ask_at) WHERE state IN ('made', 'open');
CREATE INDEX channels_orders_day ON channels_orders (channel, paid_on, id) WHERE txn IS NOT NULL;

-- What channels told us, by notification or when asked; verified before it is stored, processed after. notice is the message
-- as it came with its signature, sealed.
CREATE TABLE channels_events (
  id text PRIMARY KEY,
  channel text NOT NULL,
  event text NOT NULL,
  kind text NOT NULL,
  order_no text NOT NULL,
  refund_no text NOT NULL,
  txn text NOT NULL,
  state text NOT NULL,
  amount bigint NOT NULL,
  merchant text NOT NULL,
  app text NOT NULL,
  happened_at {{.time}},
  payer text NOT NULL,
  notice text NOT NULL,
  came_at {{.time}} NOT NULL,
  outcome text NOT NULL,
  done_at {{.time}},
  CHECK ((outcome = '') = (done_at IS NULL)),
  UNIQUE (channel, event)
);
CREATE INDEX channels_events_new ON channels_events (id) WHERE done_at IS NULL;
CREATE INDEX channels_events_odd ON channels_events (id) WHERE outcome IN ('unknown', 'differs');
CREATE INDEX channels_events_order ON channels_events (channel, order_no, id);

-- Money to be given back through the channel that it came by. refund is the refund of the desk, NULL for surplus money.
CREATE TABLE channels_refunds (
  id text PRIMARY KEY,
  no text NOT NULL UNIQUE,
  order_id text NOT NULL REFERENCES channels_orders (id),
  refund text UNIQUE,
  channel text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('asked', 'sent', 'paid', 'failed')),
  problem text NOT NULL,
  txn text NOT NULL,
  asked_at {{.time}} NOT NULL,
  ask_at {{.time}} NOT NULL,
  asks bigint NOT NULL,
  paid_at {{.time}},
  paid_on text,
  CHECK ((state = 'paid') = (paid_at IS NOT NULL) AND (state = 'paid') = (paid_on IS NOT NULL))
);
-- An order's money goes back once.
CREATE UNIQUE INDEX channels_refunds_order ON channels_refunds (order_id);
CREATE INDEX channels_refunds_ask ON channels_refunds (ask_at) WHERE state = 'sent';
CREATE INDEX channels_refunds_day ON channels_refunds (channel, paid_on, id) WHERE paid_on IS NOT NULL;
CREATE INDEX channels_refunds_open ON channels_refunds (id) WHERE state IN ('asked', 'sent', 'failed');
