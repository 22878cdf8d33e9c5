-- Receipts: the cashier hands out, asks for new ones and records official ones; the accountant checks.
INSERT INTO identity_role_perms (role, perm) VALUES
  ('cashier', 'donations.receipt'), ('manager', 'donations.receipt'), ('accountant', 'donations.receipt_check');
INSERT INTO identity_chains (code, title, why) VALUES
  ('paper', '票据两人', '开票和复核由两个人分别完成（财政票据管理办法：开票与复核分开）');
INSERT INTO identity_duties (chain, fact, hand) VALUES
  ('paper', 'donations.receipt', 'issue'),
  ('paper', 'donations.receipt_check', 'check');
