package donations

import (
	"context"

	"github.com/uptrace/bun"
)

// insertCampaign stores a campaign; false says that its short name is taken.
func insertCampaign(ctx context.Context, tx bun.IDB, c *Campaign) (bool, error) {
	n, err := affected(tx.NewInsert().Model(c).On("CONFLICT (code) DO NOTHING").Exec(ctx))
	return n == 1, err
}

func findCampaign(ctx context.Context, db bun.IDB, id string) (*Campaign, error) {
	c := new(Campaign)
	return c, db.NewSelect().Model(c).Where("c.id = ?", id).Scan(ctx)
}

func findCampaignCode(ctx context.Context, db bun.IDB, code string) (*Campaign, error) {
	c := new(Campaign)
	return c, db.NewSelect().Model(c).Where("c.code = ?", code).Scan(ctx)
}

// listCampaigns lists campaigns, open ones first, newest first. There are dozens, not thousands.
func listCampaigns(ctx context.Context, db bun.IDB) (cs []Campaign, err error) {
	return cs, db.NewSelect().Model(&cs).OrderExpr("CASE c.state WHEN 'open' THEN 0 WHEN 'draft' THEN 1 WHEN 'paused' THEN 2 ELSE 3 END, c.id DESC").Limit(500).Scan(ctx)
}

// editCampaign writes the plan of a campaign that is not open, as it was read.
func editCampaign(ctx context.Context, tx bun.IDB, c *Campaign, read int64) (int64, error) {
	return affected(tx.NewUpdate().Model(c).
		Column("title", "lead", "story", "purpose", "beneficiaries", "cost", "surplus", "manager", "region", "mode", "qualification", "partner", "agreement", "evaluation", "filing",
			"filed_on", "step", "decision", "decided_on", "decided_by", "recorded_on", "urgent", "platform", "platform_url", "circle", "target", "starts_on", "ends_on", "edited_by", "edited_name", "edited_at", "version").
		Where("id = ? AND version = ? AND state IN ('draft', 'paused')", c.ID, read).Exec(ctx))
}

// openCampaign opens what was read.
func openCampaign(ctx context.Context, tx bun.IDB, c *Campaign) (int64, error) {
	return affected(tx.NewRaw(`UPDATE donations_campaigns SET state = 'open', fund = ?, opened_by = ?, opened_name = ?, opened_at = coalesce(opened_at, ?), version = version + 1
		WHERE id = ? AND version = ? AND state IN ('draft', 'paused')`, c.Fund, c.OpenedBy, c.OpenedName, c.OpenedAt, c.ID, c.Version).Exec(ctx))
}

func pauseCampaign(ctx context.Context, tx bun.IDB, id string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE donations_campaigns SET state = 'paused' WHERE id = ? AND state = 'open'`, id).Exec(ctx))
}

func endCampaign(ctx context.Context, tx bun.IDB, c *Campaign) (int64, error) {
	return affected(tx.NewRaw(`UPDATE donations_campaigns SET state = 'ended', ended_at = ?, cut = ?, settlement = ? WHERE id = ? AND state IN ('open', 'paused')`, c.EndedAt, c.Cut, c.Settlement, c.ID).Exec(ctx))
}
