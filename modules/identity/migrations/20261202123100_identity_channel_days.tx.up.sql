-- The day of a payment channel: one person explains and enters, another signs and closes.
INSERT INTO identity_role_perms (role, perm) VALUES ('accountant', 'channels.close');
INSERT INTO identity_chains (code, title, why) VALUES
  ('channels', '渠道对账两人', '说明渠道差异、登记结算和签认、关账由两个人分别完成（会计法：出纳与稽核分开）');
INSERT INTO identity_duties (chain, fact, hand) VALUES
  ('channels', 'channels.handle', 'handle'),
  ('channels', 'channels.close', 'close');
