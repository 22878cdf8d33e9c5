-- E-mail of the donor, where a gift came from, and to whom it is dedicated. email and tribute are sealed.
ALTER TABLE donations_gifts ADD COLUMN email text NOT NULL DEFAULT '';
ALTER TABLE donations_gifts ADD COLUMN email_index text NOT NULL DEFAULT '';
ALTER TABLE donations_gifts ADD COLUMN origin text NOT NULL DEFAULT '';
ALTER TABLE donations_gifts ADD COLUMN tribute text NOT NULL DEFAULT '';
CREATE INDEX donations_gifts_email ON donations_gifts (email_index) WHERE email_index <> '';
CREATE INDEX donations_gifts_origin ON donations_gifts (origin) WHERE origin <> '';
-- An order of another platform is one gift, however often its file is read.
CREATE UNIQUE INDEX donations_gifts_order ON donations_gifts (origin) WHERE substr(origin, 1, 6) = 'order/';

-- channel is the payment channel or platform that the money came by; asset is the account that it came to, '' for the bank.
ALTER TABLE donations_arrivals ADD COLUMN channel text NOT NULL DEFAULT '';
ALTER TABLE donations_arrivals ADD COLUMN asset text NOT NULL DEFAULT '';

-- When the money of a refund really left, as the bank or the channel names it.
ALTER TABLE donations_refunds ADD COLUMN paid_ref text NOT NULL DEFAULT '';
ALTER TABLE donations_refunds ADD COLUMN paid_on text;
CREATE INDEX donations_refunds_unpaid ON donations_refunds (id) WHERE state = 'done' AND paid_ref = '';
