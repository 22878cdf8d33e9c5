-- An order of another platform is one gift, however often its file is read; one that was withdrawn may be read again.
DROP INDEX donations_gifts_order;
CREATE UNIQUE INDEX donations_gifts_order ON donations_gifts (origin) WHERE substr(origin, 1, 6) = 'order/' AND state <> 'withdrawn';
