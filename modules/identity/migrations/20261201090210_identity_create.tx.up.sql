-- Accounts of the people who work here. An account has one area, and all its roles hold there.
CREATE TABLE identity_people (
  id text PRIMARY KEY,
  login text NOT NULL UNIQUE CHECK (login = lower(login)),
  name text NOT NULL,
  post text NOT NULL,
  area text NOT NULL REFERENCES network_areas (code),
  area_path text NOT NULL,
  password text NOT NULL,
  state text NOT NULL CHECK (state IN ('active', 'disabled')),
  leaves_on text,
  epoch bigint NOT NULL,
  version bigint NOT NULL,
  demo boolean NOT NULL,
  made_at {{.time}} NOT NULL,
  password_at {{.time}},
  seen_at {{.time}}
);

CREATE TABLE identity_roles (
  code text PRIMARY KEY,
  title text NOT NULL,
  about text NOT NULL,
  level bigint NOT NULL CHECK (level BETWEEN 1 AND 4),
  place bigint NOT NULL UNIQUE
);
CREATE TABLE identity_role_perms (
  role text NOT NULL REFERENCES identity_roles (code),
  perm text NOT NULL,
  PRIMARY KEY (role, perm)
);

-- Separation of duties: within one chain an account may be one hand only. A fact is a permission, "role:<code>",
-- or "@business" for any permission that changes something outside of identity and audit.
CREATE TABLE identity_chains (
  code text PRIMARY KEY,
  title text NOT NULL,
  why text NOT NULL
);
CREATE TABLE identity_duties (
  chain text NOT NULL REFERENCES identity_chains (code),
  fact text NOT NULL,
  hand text NOT NULL,
  PRIMARY KEY (chain, fact)
);

-- Who held which role from which day to which day. A grant that was taken back keeps its row.
CREATE TABLE identity_grants (
  id text PRIMARY KEY,
  person text NOT NULL REFERENCES identity_people (id),
  role text NOT NULL REFERENCES identity_roles (code),
  valid_from text NOT NULL,
  valid_to text,
  made_by text NOT NULL,
  made_at {{.time}} NOT NULL,
  ended_by text,
  ended_at {{.time}},
  reason text NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK ((ended_by IS NULL) = (ended_at IS NULL))
);
CREATE INDEX identity_grants_person ON identity_grants (person, id);
CREATE INDEX identity_grants_role ON identity_grants (role);

-- Links that can be used once, kept as the hash of their token.
CREATE TABLE identity_links (
  hash text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('setup', 'password')),
  person text REFERENCES identity_people (id),
  made_at {{.time}} NOT NULL,
  expires_at {{.time}} NOT NULL,
  used_at {{.time}},
  CHECK ((kind = 'password') = (person IS NOT NULL))
);

-- Wrong passwords in a row: for an account under its id, for a login that does not exist under a short hash of it,
-- so that both are answered alike.
CREATE TABLE identity_tries (
  key text PRIMARY KEY,
  fails bigint NOT NULL,
  at {{.time}} NOT NULL
);

INSERT INTO identity_roles (code, title, about, level, place) VALUES
  ('village_clerk', '村（社区）站员', '受理群众申请，录入材料。', 4, 1),
  ('village_head', '村（社区）站长', '核对本村申请，入户核实。由站员以外的人担任。', 4, 2),
  ('township_clerk', '乡镇（街道）站员', '审核本乡镇的申请。', 3, 3),
  ('county_clerk', '县（市、区）经办', '复核本县申请，维护本县服务站点。', 2, 4),
  ('county_publisher', '县（市、区）公示发布', '发布公示。由经办以外的人担任。', 2, 5),
  ('county_investigator', '县（市、区）异议核实', '核实公示期间的异议。由经办、公示发布以外的人担任。', 2, 6),
  ('officer', '基金会项目专员', '市级复核救助申请。', 1, 7),
  ('manager', '项目主管', '编制募捐项目和付款批次，维护全市服务站点。', 1, 8),
  ('cashier', '财务登记（出纳）', '登记到账，提出退款，办理银行付款。', 1, 9),
  ('accountant', '财务复核（会计）', '确认到账，复核付款批次和银行结果，管理账目。', 1, 10),
  ('secretary', '秘书长', '审批救助、签发付款、批准退款、开启募捐项目。', 1, 11),
  ('director', '理事', '审批救助、签发付款。', 1, 12),
  ('supervisor', '监事', '查看全部资金、捐赠、救助和操作记录，只读。', 1, 13),
  ('administrator', '系统管理员', '开设、停用账号，重置登录。不办理业务。', 1, 14),
  ('security', '安全管理员', '给账号授予和收回岗位。不办理业务。', 1, 15),
  ('auditor', '审计员', '查看操作记录，运行全部校验，只读。', 1, 16);
INSERT INTO identity_role_perms (role, perm) VALUES
  ('village_clerk', 'relief.view'), ('village_clerk', 'relief.private'), ('village_clerk', 'relief.file'), ('village_clerk', 'media.view'),
  ('village_head', 'relief.view'), ('village_head', 'relief.private'), ('village_head', 'relief.village'), ('village_head', 'media.view'),
  ('township_clerk', 'relief.view'), ('township_clerk', 'relief.private'), ('township_clerk', 'relief.township'), ('township_clerk', 'media.view'),
  ('county_clerk', 'relief.view'), ('county_clerk', 'relief.private'), ('county_clerk', 'relief.county'), ('county_clerk', 'network.manage'), ('county_clerk', 'media.view'),
  ('county_publisher', 'relief.view'), ('county_publisher', 'relief.publish'),
  ('county_investigator', 'relief.view'), ('county_investigator', 'relief.private'), ('county_investigator', 'relief.objection'), ('county_investigator', 'media.view'),
  ('officer', 'relief.view'), ('officer', 'relief.batch_view'), ('officer', 'relief.private'), ('officer', 'relief.city'), ('officer', 'donations.view'), ('officer', 'ledger.view'), ('officer', 'documents.view'), ('officer', 'media.view'),
  ('manager', 'relief.view'), ('manager', 'relief.batch_view'), ('manager', 'relief.batch'), ('manager', 'donations.view'), ('manager', 'donations.edit'), ('manager', 'ledger.view'), ('manager', 'documents.view'), ('manager', 'network.manage'), ('manager', 'media.view'),
  ('cashier', 'donations.view'), ('cashier', 'donations.record'), ('cashier', 'donations.refund'), ('cashier', 'donations.reveal'), ('cashier', 'relief.view'), ('cashier', 'relief.batch_view'), ('cashier', 'relief.bank'), ('cashier', 'ledger.view'), ('cashier', 'documents.view'),
  ('accountant', 'donations.view'), ('accountant', 'donations.confirm'), ('accountant', 'donations.reveal'), ('accountant', 'relief.view'), ('accountant', 'relief.batch_view'), ('accountant', 'relief.batch_check'), ('accountant', 'relief.bank_confirm'), ('accountant', 'ledger.view'), ('accountant', 'ledger.manage'), ('accountant', 'documents.view'), ('accountant', 'documents.manage'),
  ('secretary', 'donations.view'), ('secretary', 'donations.approve'), ('secretary', 'donations.open'), ('secretary', 'relief.view'), ('secretary', 'relief.batch_view'), ('secretary', 'relief.private'), ('secretary', 'relief.approve'), ('secretary', 'relief.batch_sign'), ('secretary', 'relief.settings'), ('secretary', 'ledger.view'), ('secretary', 'documents.view'), ('secretary', 'media.view'),
  ('director', 'donations.view'), ('director', 'relief.view'), ('director', 'relief.batch_view'), ('director', 'relief.approve'), ('director', 'relief.batch_sign'), ('director', 'ledger.view'), ('director', 'documents.view'),
  ('supervisor', 'donations.view'), ('supervisor', 'relief.view'), ('supervisor', 'relief.batch_view'), ('supervisor', 'ledger.view'), ('supervisor', 'documents.view'), ('supervisor', 'media.view'), ('supervisor', 'audit.view'),
  ('administrator', 'identity.view'), ('administrator', 'identity.manage'),
  ('security', 'identity.view'), ('security', 'identity.security'),
  ('auditor', 'identity.view'), ('auditor', 'audit.view'), ('auditor', 'audit.check'), ('auditor', 'donations.view'), ('auditor', 'relief.view'), ('auditor', 'relief.batch_view'), ('auditor', 'ledger.view'), ('auditor', 'documents.view');
INSERT INTO identity_chains (code, title, why) VALUES
  ('offices', '三员分立', '系统管理、安全管理、审计三类管理权限互相分开，也不兼办业务（网络安全等级保护三级要求）'),
  ('supervision', '监督独立', '监事只监督，不办理业务（基金会管理条例）'),
  ('relief', '救助一案多人', '同一件救助从受理到付款，每一步由不同的人经手'),
  ('receipt', '收款两人', '登记到账和确认到账由两个人分别完成（会计法：出纳与稽核分开）'),
  ('refund', '退款两人', '提出退款和批准退款由两个人分别完成'),
  ('campaign', '项目两人', '编制募捐项目和批准开启由两个人分别完成'),
  ('books', '钱账分管', '经手现金和银行的人不管账目（会计法：出纳不得兼管账目登记）');
INSERT INTO identity_duties (chain, fact, hand) VALUES
  ('offices', 'identity.manage', 'system'),
  ('offices', 'identity.security', 'security'),
  ('offices', 'audit.check', 'audit'),
  ('offices', '@business', 'business'),
  ('supervision', 'role:supervisor', 'supervision'),
  ('supervision', '@business', 'business'),
  ('relief', 'relief.file', 'file'),
  ('relief', 'relief.village', 'village'),
  ('relief', 'relief.township', 'township'),
  ('relief', 'relief.county', 'county'),
  ('relief', 'relief.publish', 'publish'),
  ('relief', 'relief.objection', 'objection'),
  ('relief', 'relief.city', 'city'),
  ('relief', 'relief.approve', 'decide'),
  ('relief', 'relief.batch_sign', 'decide'),
  ('relief', 'relief.batch', 'make'),
  ('relief', 'relief.batch_check', 'review'),
  ('relief', 'relief.bank_confirm', 'review'),
  ('relief', 'relief.bank', 'bank'),
  ('receipt', 'donations.record', 'record'),
  ('receipt', 'donations.confirm', 'confirm'),
  ('refund', 'donations.refund', 'ask'),
  ('refund', 'donations.approve', 'decide'),
  ('campaign', 'donations.edit', 'make'),
  ('campaign', 'donations.open', 'decide'),
  ('books', 'donations.record', 'cash'),
  ('books', 'relief.bank', 'cash'),
  ('books', 'ledger.manage', 'books'),
  ('books', 'documents.manage', 'books');
