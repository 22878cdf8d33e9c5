package main

import (
	"context"

	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/modules/disclosure"
	"care/modules/donations"
	"care/modules/relief"
	"care/server/access"
	"care/server/clock"
	"care/server/web"
)

// told lets disclosure ask of campaigns and households what it publishes.
type told struct {
	gifts *donations.Gifts
	aid   *relief.Relief
}

// All gives every campaign.
func (t told) All(ctx context.Context, db bun.IDB) ([]disclosure.Campaign, error) {
	cs, err := t.gifts.CampaignsIn(ctx, db)
	out := make([]disclosure.Campaign, 0, len(cs))
	for _, c := range cs {
		x := disclosure.Campaign{ID: c.ID, Fund: c.Fund, Public: c.Public(), Urgent: c.Urgent, Starts: c.StartsOn, Ends: c.EndsOn,
			About: disclosure.About{Code: c.Code, Title: c.Title, Mode: c.Mode, Filing: c.Filing, Qualification: c.Qualification, Partner: c.Partner, Cost: c.Cost, Surplus: c.Surplus, Settlement: c.Settlement}}
		if c.OpenedAt != nil {
			x.Opened = clock.DayOf(*c.OpenedAt)
		}
		if c.EndedAt != nil && c.State == donations.Ended {
			x.Closed = clock.DayOf(*c.EndedAt)
		}
		out = append(out, x)
	}
	return out, err
}

// Summed notes that the final report of a campaign is public.
func (t told) Summed(ctx context.Context, tx *audit.Tx, who access.Actor, id string) error {
	return t.gifts.SummedIn(ctx, tx, who, id)
}

// helped counts households by county.
func (t told) helped(ctx context.Context, db bun.IDB, funds []string, from, to clock.Day) ([]disclosure.County, error) {
	cs, err := t.aid.HelpedIn(ctx, db, funds, from, to)
	out := make([]disclosure.County, 0, len(cs))
	for _, c := range cs {
		out = append(out, disclosure.County(c))
	}
	return out, err
}

// law lets campaigns meet the terms of the law and show what they publish.
type law struct{ office *disclosure.Office }

// Numbers gives the terms in force on a day.
func (l law) Numbers(ctx context.Context, db bun.IDB, day clock.Day) (donations.Numbers, error) {
	rs, err := l.office.Rules(ctx, db)
	return donations.Numbers{Lead: int(rs.On(disclosure.FilingLead, day)), Urgent: int(rs.On(disclosure.FilingUrgent, day))}, err
}

// Told gives what is due of a campaign and what it has published.
func (l law) Told(ctx context.Context, campaign string) (donations.Told, error) {
	ts, ls, err := l.office.Of(ctx, campaign)
	var out donations.Told
	for _, t := range ts {
		tone, when := disclosure.When(t.Left(l.office.Today()))
		out.Due = append(out.Due, donations.Deadline{Title: disclosure.KindWord(t.Kind), Day: t.Due, Tone: tone, When: when})
	}
	for _, x := range ls {
		out.Reports = append(out.Reports, web.Link{Title: x.Title, Href: "/disclosure/" + x.Code})
	}
	return out, err
}
