package agreements

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
	ViewPerm    = access.Perm{Name: "agreements.view", Title: permView}
	EditPerm    = access.Perm{Name: "agreements.edit", Title: permEdit}
	ApprovePerm = access.Perm{Name: "agreements.approve", Title: permApprove}
)

// Module describes agreements and monthly gifts.
func (s *Agreements) Module() modules.Module {
	return modules.Module{
		Name: "agreements", Title: title,
		Perms:      []access.Perm{ViewPerm, EditPerm, ApprovePerm},
		Routes:     s.routes,
		Nav:        []web.NavItem{{Group: group, Title: navAgreements, Href: "/desk/agreements", Perm: ViewPerm, Count: s.navCount}},
		Daily:      []queue.Daily{{Kind: "agreements.work", At: "06:20", Do: s.Work}},
		Migrations: web.Sub(migrations),
		Pages: map[string]any{"agreements/list": listPage{}, "agreements/agreement": agreementPage{}, "agreements/draw": drawPage{}, "agreements/due": duePage{},
			"agreements/reason": reasonPage{}, "agreements/monthly": monthlyPage{}, "agreements/plan": planPage{}},
		Words: words, Seed: s.Seed, Check: s.Check,
	}
}

func (s *Agreements) routes(r *web.Routes) {
	begins, acts := web.Options{PerMinute: 20}, web.Options{PerMinute: 30}
	r.GET("/give/monthly", s.monthlyForm, access.Everyone)
	r.POST("/give/monthly", s.begin, access.Everyone, begins)
	r.GET("/give/plan/:token", s.plan1, access.Everyone)
	r.POST("/give/plan/:token/rest", s.restPlan, access.Everyone, acts)
	r.POST("/give/plan/:token/change", s.changePlan, access.Everyone, acts)
	r.POST("/give/plan/:token/stop", s.stopPlan, access.Everyone, acts)

	r.GET("/desk/agreements", s.list, ViewPerm)
	r.GET("/desk/agreements/due", s.calendar, ViewPerm)
	r.GET("/desk/agreements/new", s.drawForm, EditPerm)
	r.POST("/desk/agreements/new", s.draw, EditPerm, web.Options{Body: maxScan + 1<<20})
	r.GET("/desk/agreements/:id", s.agreement, ViewPerm)
	r.GET("/desk/agreements/:id/scan", s.scan, ViewPerm)
	r.POST("/desk/agreements/:id/scan", s.addScan, EditPerm, web.Options{Body: maxScan + 1<<20})
	r.POST("/desk/agreements/:id/approve", s.approve, ApprovePerm)
	r.GET("/desk/agreements/:id/refuse", s.reasonForm, ApprovePerm)
	r.POST("/desk/agreements/:id/refuse", s.refuse, ApprovePerm)
	r.GET("/desk/agreements/:id/end", s.reasonForm, ApprovePerm)
	r.POST("/desk/agreements/:id/end", s.terminate, ApprovePerm)
}

// navCount is what waits for the person: drafts to check, instalments that could not become promises.
func (s *Agreements) navCount(ctx context.Context, who access.Actor) (int, error) {
	w, err := s.Waiting(ctx)
	n := 0
	if who.Can(ApprovePerm) {
		n += w.Drafts
	}
	if who.Can(EditPerm) {
		n += w.Problems
	}
	return n, err
}
