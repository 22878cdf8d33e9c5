package intake

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

// Permissions of the desk. What is entered here becomes gifts, so entering and confirming are held by the people who record
// and confirm gifts.
var (
	ViewPerm    = access.Perm{Name: "intake.view", Title: permView}
	EnterPerm   = access.Perm{Name: "intake.enter", Title: permEnter}
	ConfirmPerm = access.Perm{Name: "intake.confirm", Title: permConfirm}
	SetupPerm   = access.Perm{Name: "intake.setup", Title: permSetup}
)

// Module describes the batch desk.
func (s *Intake) Module() modules.Module {
	return modules.Module{
		Name: "intake", Title: moduleTitle,
		Perms:  []access.Perm{ViewPerm, EnterPerm, ConfirmPerm, SetupPerm},
		Routes: s.routes,
		Nav: []web.NavItem{
			{Group: navGroup, Title: navBatches, Href: "/desk/intake", Perm: ViewPerm, Count: s.navCount},
			{Group: navGroup, Title: navSettlements, Href: "/desk/intake/settlements", Perm: ViewPerm},
		},
		Work: []queue.Worker{
			{Kind: "intake.make", Do: s.make, Within: longWork}, {Kind: "intake.confirm", Do: s.confirm, Within: longWork}, {Kind: "intake.undo", Do: s.undo, Within: longWork},
		},
		Migrations: web.Sub(migrations),
		Pages: map[string]any{
			"intake/list": listPage{}, "intake/new": newPage{}, "intake/batch": batchPage{}, "intake/grid": gridPage{}, "intake/trial": trialPage{}, "intake/totals": totalsPage{},
			"intake/undo": undoPage{}, "intake/orders": ordersPage{}, "intake/profiles": profilesPage{}, "intake/profile": profilePage{},
			"intake/settlements": settlementsPage{}, "intake/settlement": settlementPage{}, "intake/sheet": sheetPage{},
		},
		Words: words, Seed: s.Seed, Check: s.Check,
	}
}

func (s *Intake) routes(r *web.Routes) {
	files := web.Options{Body: maxFile + 1<<20}
	r.GET("/desk/intake", s.list, ViewPerm)
	r.GET("/desk/intake/new", s.newForm, EnterPerm)
	r.POST("/desk/intake/new", s.newBatch, EnterPerm)
	r.GET("/desk/intake/template.csv", s.templateCSV, EnterPerm)
	r.GET("/desk/intake/template.xlsx", s.templateXLSX, EnterPerm)
	r.GET("/desk/intake/orders", s.ordersForm, EnterPerm)
	r.POST("/desk/intake/orders", s.stageOrders, EnterPerm, files)
	r.GET("/desk/intake/profiles", s.profiles, ViewPerm)
	r.GET("/desk/intake/profiles/new", s.profileForm, SetupPerm)
	r.GET("/desk/intake/profiles/:id", s.profileForm, SetupPerm)
	r.POST("/desk/intake/profiles/:id", s.editProfile, SetupPerm, files)
	r.GET("/desk/intake/settlements", s.settlements, ViewPerm)
	r.POST("/desk/intake/settlements", s.settle, EnterPerm)
	r.GET("/desk/intake/settlements/:id", s.settlement, ViewPerm)
	r.POST("/desk/intake/settlements/:id", s.decideSettlement, ViewPerm) // maker or second person: the act decides
	r.GET("/desk/intake/sheets/:id", s.recountForm, ViewPerm)
	r.POST("/desk/intake/sheets/:id", s.recount, ViewPerm) // any of both posts: the act decides
	r.POST("/desk/intake/sheets/:id/drop", s.dropSheet, EnterPerm)
	r.GET("/desk/intake/:id", s.batch, ViewPerm)
	r.GET("/desk/intake/:id/rows", s.grid, EnterPerm)
	r.POST("/desk/intake/:id/rows", s.saveGrid, EnterPerm)
	r.POST("/desk/intake/:id/upload", s.upload, EnterPerm, files)
	r.GET("/desk/intake/:id/trial", s.trial, ViewPerm)
	r.POST("/desk/intake/:id/send", s.send, EnterPerm)
	r.POST("/desk/intake/:id/projects", s.mapProjects, EnterPerm)
	r.GET("/desk/intake/:id/totals", s.totalsForm, EnterPerm)
	r.POST("/desk/intake/:id/totals", s.rewant, EnterPerm)
	r.GET("/desk/intake/:id/undo", s.undoForm, EnterPerm)
	r.POST("/desk/intake/:id/undo", s.undoBatch, EnterPerm)
	r.POST("/desk/intake/:id/confirm", s.confirmBatch, ConfirmPerm)
	r.GET("/desk/intake/:id/sheet", s.countForm, EnterPerm)
	r.POST("/desk/intake/:id/sheet", s.countBox, EnterPerm)
	r.GET("/desk/intake/:id/export.csv", s.export, ViewPerm)
}

// navCount is what waits for the person: batches to confirm.
func (s *Intake) navCount(ctx context.Context, who access.Actor) (int, error) {
	if !who.Can(ConfirmPerm) {
		return 0, nil
	}
	return s.WaitingCount(ctx)
}
