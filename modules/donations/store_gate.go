package donations

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/clock"
)

// stepCampaign writes a step of the way, as the campaign was read. The version rises: who opens it opens what was read.
func stepCampaign(ctx context.Context, tx bun.IDB, c *Campaign, was string) (int64, error) {
	read := c.Version
	c.Version++
	return affected(tx.NewUpdate().Model(c).
		Column("step", "decision", "decided_on", "decided_by", "recorded_on", "filing", "filed_on", "edited_by", "edited_name", "edited_at", "version").
		Where("id = ? AND version = ? AND step = ? AND state = ?", c.ID, read, was, c.State).Exec(ctx))
}

func insertStep(ctx context.Context, tx bun.IDB, x *Step) error {
	_, err := tx.NewInsert().Model(x).Exec(ctx)
	return err
}

func listSteps(ctx context.Context, db bun.IDB, campaign string) (ss []Step, err error) {
	return ss, db.NewSelect().Model(&ss).Where("s.campaign = ?", campaign).Order("s.id").Limit(500).Scan(ctx)
}

// listOver finds the campaigns whose last day is before today.
func listOver(ctx context.Context, db bun.IDB, today clock.Day) (ids []string, err error) {
	err = db.NewRaw(`SELECT id FROM donations_campaigns WHERE state IN ('open', 'paused') AND ends_on < ? ORDER BY id LIMIT 100`, today).Scan(ctx, &ids)
	return ids, err
}
