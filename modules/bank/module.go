package bank

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

// Permissions of the desk.
var (
	ViewPerm    = access.Perm{Name: "bank.view", Title: permView}
	WorkPerm    = access.Perm{Name: "bank.work", Title: permWork}       // imports, matches, pool
	ApprovePerm = access.Perm{Name: "bank.approve", Title: permApprove} // money of the pool goes back
	RevealPerm  = access.Perm{Name: "bank.reveal", Title: permReveal}
	SetupPerm   = access.Perm{Name: "bank.setup", Title: permSetup}
)

// Module describes the desk of bank statements.
func (s *Statements) Module() modules.Module {
	return modules.Module{
		Name: "bank", Title: title,
		Perms:  []access.Perm{ViewPerm, WorkPerm, ApprovePerm, RevealPerm, SetupPerm},
		Routes: s.routes,
		Nav: []web.NavItem{
			{Group: navGroup, Title: navLines, Href: "/desk/bank/lines", Perm: ViewPerm, Count: s.navCount},
			{Group: navGroup, Title: navStatements, Href: "/desk/bank", Perm: ViewPerm},
		},
		Work:       []queue.Worker{{Kind: readKind, Do: s.read, Within: readWithin}, {Kind: scoreKind, Do: s.score, Within: readWithin}},
		Daily:      []queue.Daily{{Kind: "bank.nightly", At: "03:40", Do: s.nightly}},
		Migrations: web.Sub(migrations),
		Pages: map[string]any{
			"bank/statements": statementsPage{}, "bank/upload": uploadPage{}, "bank/lines": linesPage{}, "bank/line": linePage{}, "bank/ask": askPage{},
			"bank/profiles": profilesPage{}, "bank/profile": profilePage{}, "bank/plain": plainPage{},
		},
		Words: words, Seed: s.Seed, Check: s.Check,
	}
}

func (s *Statements) routes(r *web.Routes) {
	upload := web.Options{Body: MaxFile + 1<<20}
	r.GET("/desk/bank", s.statements, ViewPerm)
	r.GET("/desk/bank/new", s.uploadForm, WorkPerm)
	r.POST("/desk/bank/new", s.upload, WorkPerm, upload)
	r.GET("/desk/bank/statements/:id", s.statement, ViewPerm)
	r.POST("/desk/bank/rescore", s.rescore, WorkPerm)
	r.GET("/desk/bank/lines", s.lines, ViewPerm)
	r.GET("/desk/bank/lines/export.csv", s.export, ViewPerm)
	r.POST("/desk/bank/accept", s.acceptMany, WorkPerm)
	r.GET("/desk/bank/lines/:id", s.lineView, ViewPerm)
	r.POST("/desk/bank/lines/:id/accept", s.accept, WorkPerm)
	r.POST("/desk/bank/lines/:id/suspend", s.suspend, WorkPerm)
	r.GET("/desk/bank/lines/:id/undo", s.undoForm, WorkPerm)
	r.POST("/desk/bank/lines/:id/undo", s.undo, WorkPerm)
	r.POST("/desk/bank/lines/:id/aside", s.aside, WorkPerm)
	r.POST("/desk/bank/lines/:id/reopen", s.reopen, WorkPerm)
	r.POST("/desk/bank/lines/:id/settle", s.settle, WorkPerm)
	r.GET("/desk/bank/lines/:id/return", s.returnForm, WorkPerm)
	r.POST("/desk/bank/lines/:id/return", s.askReturn, WorkPerm)
	r.POST("/desk/bank/lines/:id/decide", s.decideReturn, ApprovePerm)
	r.GET("/desk/bank/lines/:id/reveal", s.revealForm, RevealPerm)
	r.POST("/desk/bank/lines/:id/reveal", s.reveal, RevealPerm)
	r.GET("/desk/bank/profiles", s.profiles, ViewPerm)
	r.GET("/desk/bank/profiles/new", s.profileNew, SetupPerm)
	r.POST("/desk/bank/profiles/new", s.saveProfile, SetupPerm, web.Options{Body: maxSample + 1<<20})
	r.GET("/desk/bank/profiles/:id", s.profileForm, SetupPerm)
	r.POST("/desk/bank/profiles/:id", s.saveProfile, SetupPerm, web.Options{Body: maxSample + 1<<20})
}

// navCount is what waits for the person: credits to place, or returns to decide.
func (s *Statements) navCount(ctx context.Context, who access.Actor) (int, error) {
	if !who.Can(WorkPerm) && !who.Can(ApprovePerm) {
		return 0, nil
	}
	ts, err := s.Tallies(ctx, "")
	if err != nil {
		return 0, err
	}
	n := 0
	if who.Can(WorkPerm) {
		n = ts[tabSuggested].N + ts[tabOpen].N
	} else {
		n = ts["returning"].N
	}
	return n, nil
}
