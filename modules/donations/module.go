package donations

import (
	"context"
	"embed"

	"care/modules"
	"care/server/access"
	"care/server/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Permissions of the desk. Gifts belong to the foundation and not to an area: who may see them may see them all.
var (
	ViewPerm    = access.Perm{Name: "donations.view", Title: permView}
	RecordPerm  = access.Perm{Name: "donations.record", Title: permRecord}   // the first pair of eyes
	ConfirmPerm = access.Perm{Name: "donations.confirm", Title: permConfirm} // the second one
	RefundPerm  = access.Perm{Name: "donations.refund", Title: permRefund}
	ApprovePerm = access.Perm{Name: "donations.approve", Title: permApprove}
	RevealPerm  = access.Perm{Name: "donations.reveal", Title: permReveal}
	EditPerm    = access.Perm{Name: "donations.edit", Title: permEdit}
	OpenPerm    = access.Perm{Name: "donations.open", Title: permOpen}

	ReceiptPerm      = access.Perm{Name: "donations.receipt", Title: permReceipt}            // hands out, asks for new ones, records official ones
	ReceiptCheckPerm = access.Perm{Name: "donations.receipt_check", Title: permReceiptCheck} // the second person
)

// Module describes donations and campaigns.
func (s *Gifts) Module() modules.Module {
	return modules.Module{
		Name: "donations", Title: title,
		Perms:  []access.Perm{ViewPerm, RecordPerm, ConfirmPerm, RefundPerm, ApprovePerm, RevealPerm, EditPerm, OpenPerm, ReceiptPerm, ReceiptCheckPerm},
		Routes: s.routes,
		Nav: []web.NavItem{
			{Group: title, Title: navGifts, Href: "/desk/donations", Perm: ViewPerm, Count: s.navCount},
			{Group: title, Title: navRegister, Href: "/desk/donations/new", Perm: RecordPerm},
			{Group: title, Title: navReceipts, Href: "/desk/receipts", Perm: ViewPerm, Count: s.receiptCount},
			{Group: title, Title: navCampaigns, Href: "/desk/donations/campaigns", Perm: ViewPerm},
		},
		Menu:       []web.Link{{Title: menuGive, Href: "/campaigns"}, {Title: menuRoll, Href: "/donations"}, {Title: menuFind, Href: "/give/find"}},
		Daily:      s.daily(),
		Migrations: web.Sub(migrations),
		Pages: map[string]any{
			"donations/campaigns": campaignsPage{}, "donations/campaign": campaignPage{}, "donations/give": givePage{}, "donations/thanks": thanksPage{},
			"donations/find": findPage{}, "donations/roll": rollPage{}, "donations/privacy": privacyPage{},
			"donations/desk": deskPage{}, "donations/gift": giftPage{}, "donations/register": registerPage{}, "donations/record": recordPage{},
			"donations/reason": reasonPage{}, "donations/decide": decidePage{}, "donations/plain": plainPage{},
			"donations/desk-campaigns": deskCampaignsPage{}, "donations/desk-campaign": deskCampaignPage{}, "donations/plan": planPage{}, "donations/step": stepPage{},
			"donations/receipts": receiptsPage{}, "donations/receipt": receiptPage{}, "donations/reissue": reissuePage{}, "donations/reissues": reissuesPage{},
			"donations/reissue-one": reissueOnePage{}, "donations/fiscal": fiscalPage{}, "donations/fiscals": fiscalsPage{}, "donations/gaps": gapsPage{},
		},
		Words: words, Seed: s.Seed, Check: s.Check,
	}
}

func (s *Gifts) routes(r *web.Routes) {
	public := web.Options{Cached: true}
	// Numbers for people with a form in front of them; a whole office may share one address.
	gives, finds := web.Options{PerMinute: 20}, web.Options{PerMinute: 6}
	r.GET("/campaigns", s.campaigns, access.Everyone, public)
	r.GET("/campaigns/:id", s.campaign, access.Everyone, public)
	r.GET("/campaigns/:id/poster.png", s.poster, access.Everyone, public)
	r.GET("/donations", s.roll, access.Everyone, public)
	r.GET("/donations/roll.csv", s.rollCSV, access.Everyone)
	r.GET("/give", s.giveForm, access.Everyone)
	r.POST("/give", s.give, access.Everyone, gives)
	r.GET("/give/privacy", s.privacy, access.Everyone, public)
	r.GET("/give/find", s.findForm, access.Everyone)
	r.POST("/give/find", s.find, access.Everyone, finds)
	r.GET("/give/t/:token", s.thanks, access.Everyone)
	r.GET("/give/t/:token/receipt", s.download, access.Everyone)
	r.POST("/give/t/:token/claim", s.claim, access.Everyone, gives)
	r.POST("/give/t/:token/named", s.named, access.Everyone, gives)

	r.GET("/desk/donations", s.desk, ViewPerm)
	r.POST("/desk/donations/confirm", s.confirmMany, ConfirmPerm)
	r.GET("/desk/donations/export.csv", s.export, ViewPerm)
	r.GET("/desk/donations/new", s.registerForm, RecordPerm)
	r.POST("/desk/donations/new", s.register, RecordPerm)
	r.GET("/desk/donations/:id", s.gift, ViewPerm)
	r.GET("/desk/donations/:id/receipt", s.paper, ViewPerm)
	r.GET("/desk/donations/:id/record", s.recordForm, RecordPerm)
	r.POST("/desk/donations/:id/record", s.record, RecordPerm)
	r.POST("/desk/donations/:id/confirm", s.confirmOne, ConfirmPerm)
	r.GET("/desk/donations/:id/reject", s.rejectForm, ViewPerm)
	r.POST("/desk/donations/:id/reject", s.reject, ViewPerm) // recorder or second person: the act decides
	r.GET("/desk/donations/:id/refund", s.refundForm, RefundPerm)
	r.POST("/desk/donations/:id/refund", s.refund, RefundPerm)
	r.GET("/desk/donations/:id/decide", s.decideForm, ApprovePerm)
	r.POST("/desk/donations/:id/decide", s.decideRefund, ApprovePerm)
	r.GET("/desk/donations/:id/reveal", s.revealForm, RevealPerm)
	r.POST("/desk/donations/:id/reveal", s.reveal, RevealPerm)

	s.receiptRoutes(r)

	r.GET("/desk/donations/campaigns", s.deskCampaigns, ViewPerm)
	r.GET("/desk/donations/campaigns/new", s.planNew, EditPerm)
	r.POST("/desk/donations/campaigns/new", s.makeCampaign, EditPerm)
	r.GET("/desk/donations/campaigns/:id", s.deskCampaign, ViewPerm)
	r.GET("/desk/donations/campaigns/:id/edit", s.planEdit, EditPerm)
	r.POST("/desk/donations/campaigns/:id/edit", s.editCampaign, EditPerm)
	r.POST("/desk/donations/campaigns/:id/open", s.openCampaign, OpenPerm)
	r.GET("/desk/donations/campaigns/:id/pause", s.pauseForm, EditPerm)
	r.POST("/desk/donations/campaigns/:id/pause", s.pauseCampaign, EditPerm)
	s.stepRoutes(r)
}

// navCount is what waits for the person: arrivals to confirm.
func (s *Gifts) navCount(ctx context.Context, who access.Actor) (int, error) {
	n := 0
	if who.Can(ConfirmPerm) {
		waiting, err := s.Waiting(ctx)
		if err != nil {
			return 0, err
		}
		n += waiting
	}
	if who.Can(ApprovePerm) {
		counts, err := s.Counts(ctx)
		if err != nil {
			return 0, err
		}
		n += counts[Refunding].N
	}
	return n, nil
}
