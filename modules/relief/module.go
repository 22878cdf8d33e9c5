package relief

import (
	"context"
	"embed"

	"care/modules"
	"care/server/access"
	"care/server/queue"
	"care/server/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Module describes the relief desk.
func (s *Relief) Module() modules.Module {
	return modules.Module{
		Name: "relief", Title: words["relief.title"], Migrations: web.Sub(migrations), Words: words, Check: s.Check, Seed: s.Seed,
		Perms: []access.Perm{View, BatchView, File, Village, Township, County, Publish, Object, City, Approve, Batch, BatchCheck, BatchSign, Bank, BankCheck, PrivateTxt, Settings},
		Daily: []queue.Daily{{Kind: "relief.close", At: "00:20", Do: func(ctx context.Context) error {
			_, err := s.CloseNotices(ctx)
			return err
		}}},
		Menu: []web.Link{{Title: words["relief.menu.notices"], Href: "/notices"}},
		Nav: []web.NavItem{
			{Group: words["relief.group"], Title: words["relief.nav.mine"], Href: "/desk/relief", Perm: View, Count: s.Waiting},
			{Group: words["relief.group"], Title: words["relief.nav.notices"], Href: "/desk/relief/notices", Perm: View, Count: s.ObjectionsWaiting},
			{Group: words["relief.group"], Title: words["relief.nav.batches"], Href: "/desk/relief/batches", Perm: BatchView, Count: s.BatchesWaiting},
			{Group: words["relief.group"], Title: words["relief.nav.held"], Href: "/desk/relief/held", Perm: BatchView, Count: s.HeldWaiting},
			{Group: words["relief.group"], Title: words["relief.nav.settings"], Href: "/desk/relief/settings", Perm: Settings},
		},
		Pages: map[string]any{
			"relief/queue": queuePage{}, "relief/form": filePage{}, "relief/slip": slipPage{}, "relief/case": casePage{}, "relief/plain": plainPage{},
			"relief/notices": noticesPage{}, "relief/notice": noticePage{}, "relief/object": objectPage{}, "relief/receipt": receiptPage{},
			"relief/desk-notices": deskNoticesPage{}, "relief/objection": objectionPage{},
			"relief/batches": batchesPage{}, "relief/batch": batchPage{}, "relief/import": importPage{}, "relief/held": heldPage{}, "relief/settings": settingsPage{},
		},
		Routes: s.routes,
	}
}

func (s *Relief) routes(r *web.Routes) {
	files := web.Options{Body: maxFormBytes}
	r.GET("/notices", s.notices, access.Everyone, web.Options{Cached: true})
	r.GET("/notices/:id", s.noticeShow, access.Everyone, web.Options{Cached: true})
	r.GET("/notices/:id/object", s.objectForm, access.Everyone)
	r.POST("/notices/:id/object", s.object, access.Everyone, web.Options{PerMinute: 6})
	r.GET("/objections/:number", s.receipt, access.Everyone)

	r.GET("/desk/relief", s.queue, View)
	r.POST("/desk/relief/search", s.search, View)
	r.GET("/desk/relief/new", s.newForm, File)
	r.POST("/desk/relief/new", s.file, File, files)
	r.GET("/desk/relief/drafts/:id", s.draftForm, File)
	r.POST("/desk/relief/drafts/:id", s.file, File, files)
	r.POST("/desk/relief/drafts/:id/drop", s.dropDraft, File)
	r.GET("/desk/relief/cases/:id", s.show, View)
	r.GET("/desk/relief/cases/:id/slip", s.slip, View)
	r.POST("/desk/relief/cases/:id/pass/:stage", s.pass, View, files) // the act asks for the permission of its stage
	r.POST("/desk/relief/cases/:id/return", s.sendBack, View)
	r.POST("/desk/relief/cases/:id/refuse", s.refuse, View)
	r.POST("/desk/relief/cases/:id/withdraw", s.withdraw, File)
	r.POST("/desk/relief/cases/:id/amend", s.amend, File, files)
	r.POST("/desk/relief/cases/:id/skip", s.skip, City)
	r.POST("/desk/relief/cases/:id/plain", s.plain, PrivateTxt)
	r.GET("/desk/relief/cases/:id/files/:file", s.evidence, access.SignedIn)
	r.GET("/desk/relief/cases/:id/papers/:paper", s.paper, View)

	r.GET("/desk/relief/notices", s.deskNotices, View)
	r.POST("/desk/relief/notices/close", s.closeNow, City)
	r.GET("/desk/relief/objections/:id", s.objectionShow, Object)
	r.POST("/desk/relief/objections/:id/plain", s.objector, Object)
	r.POST("/desk/relief/objections/:id/:verdict", s.objectionDecide, Object)

	r.GET("/desk/relief/batches", s.batches, BatchView)
	r.POST("/desk/relief/batches", s.gatherForm, Batch)
	r.GET("/desk/relief/batches/:id", s.batchShow, BatchView)
	r.POST("/desk/relief/batches/:id/file", s.bankDownload, Bank)
	r.POST("/desk/relief/batches/:id/:verb", s.batchAct, BatchView) // the act asks for the permission of its step
	r.GET("/desk/relief/import", s.importForm, Bank)
	r.POST("/desk/relief/import", s.importFile, Bank, web.Options{Body: maxBankFile + 1<<20})
	r.GET("/desk/relief/held", s.held, BatchView)
	r.POST("/desk/relief/held", s.proposeForm, Batch)
	r.POST("/desk/relief/remedies/:id/:verdict", s.remedyDecide, BatchCheck)

	r.GET("/desk/relief/settings", s.settings, Settings)
	r.POST("/desk/relief/settings/:what", s.set, Settings)
}
