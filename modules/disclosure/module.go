package disclosure

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

// Permissions of disclosure.
var (
	ViewPerm    = access.Perm{Name: "disclosure.view", Title: permView}
	EditPerm    = access.Perm{Name: "disclosure.edit", Title: permEdit}       // writes reports
	PublishPerm = access.Perm{Name: "disclosure.publish", Title: permPublish} // the second pair of eyes
	ProposePerm = access.Perm{Name: "disclosure.propose", Title: permPropose} // asks for other numbers
	DecidePerm  = access.Perm{Name: "disclosure.decide", Title: permDecide}
)

// Module describes disclosure.
func (s *Office) Module() modules.Module {
	return modules.Module{
		Name: "disclosure", Title: title,
		Perms:  []access.Perm{ViewPerm, EditPerm, PublishPerm, ProposePerm, DecidePerm},
		Routes: s.routes,
		Nav: []web.NavItem{
			{Group: title, Title: navDesk, Href: "/desk/disclosure", Perm: ViewPerm, Count: s.navCount},
			{Group: title, Title: navGauges, Href: "/desk/disclosure/gauges", Perm: ViewPerm},
			{Group: title, Title: navRules, Href: "/desk/disclosure/rules", Perm: ViewPerm, Count: s.navRules},
		},
		Menu:       []web.Link{{Title: title, Href: "/disclosure"}},
		Daily:      []queue.Daily{{Kind: "disclosure.keep", At: "00:20", Do: s.Keep}},
		Migrations: web.Sub(migrations),
		Pages: map[string]any{
			"disclosure/index": indexPage{}, "disclosure/report": reportPage{}, "disclosure/funds": fundsPage{}, "disclosure/fund": fundPage{},
			"disclosure/desk": deskPage{}, "disclosure/draft": draftPage{}, "disclosure/item": itemPage{}, "disclosure/happen": happenPage{},
			"disclosure/rules": rulesPage{}, "disclosure/rule": rulePage{}, "disclosure/gauges": gaugesPage{},
		},
		Words: words, Seed: s.Seed, Check: s.Check,
	}
}

func (s *Office) routes(r *web.Routes) {
	public := web.Options{Cached: true}
	r.GET("/disclosure", s.index, access.Everyone, public)
	r.GET("/disclosure/:code", s.report, access.Everyone, public)
	r.GET("/disclosure/:code/:n", s.report, access.Everyone, public)
	r.GET("/disclosure/:code/:n/report.json", s.reportJSON, access.Everyone)
	r.GET("/disclosure/:code/:n/report.csv", s.reportCSV, access.Everyone)

	r.GET("/funds", s.funds, access.Everyone, public)
	r.GET("/funds.csv", s.fundsCSV, access.Everyone)
	r.GET("/funds/:code", s.fund, access.Everyone, public)
	r.GET("/funds/:code/moves.csv", s.movesCSV, access.Everyone)

	r.GET("/desk/disclosure", s.desk, ViewPerm)
	r.GET("/desk/disclosure/new", s.draftNew, EditPerm)
	r.POST("/desk/disclosure/new", s.draftMake, EditPerm)
	r.GET("/desk/disclosure/happen", s.happenForm, EditPerm)
	r.POST("/desk/disclosure/happen", s.happen, EditPerm)
	r.GET("/desk/disclosure/items/:id", s.item, ViewPerm)
	r.GET("/desk/disclosure/items/:id/edit", s.draftEdit, EditPerm)
	r.POST("/desk/disclosure/items/:id/edit", s.draftSave, EditPerm)
	r.POST("/desk/disclosure/items/:id/publish", s.publish, PublishPerm)
	r.POST("/desk/disclosure/items/:id/drop", s.drop, EditPerm)
	r.GET("/desk/disclosure/gauges", s.gaugesDesk, ViewPerm)
	r.GET("/desk/disclosure/rules", s.rules, ViewPerm)
	r.GET("/desk/disclosure/rules/:name", s.ruleForm, ProposePerm)
	r.POST("/desk/disclosure/rules/:name", s.propose, ProposePerm)
	r.POST("/desk/disclosure/rules/:name/decide", s.decide, DecidePerm)
}

// navCount is what waits for the person: reports that are late or due within two weeks, and drafts of others.
func (s *Office) navCount(ctx context.Context, who access.Actor) (int, error) {
	n := 0
	if who.Can(EditPerm) {
		ts, err := s.Tasks(ctx)
		if err != nil {
			return 0, err
		}
		for _, t := range ts {
			if t.Left(s.Today()) <= 14 {
				n++
			}
		}
	}
	if who.Can(PublishPerm) {
		ds, err := s.Drafts(ctx)
		if err != nil {
			return 0, err
		}
		for _, d := range ds {
			if may(who, PublishPerm, d.MadeBy, d.EditedBy) {
				n++
			}
		}
	}
	return n, nil
}

// navRules counts the proposals that the person may decide.
func (s *Office) navRules(ctx context.Context, who access.Actor) (int, error) {
	if !who.Can(DecidePerm) {
		return 0, nil
	}
	rs, err := s.Rules(ctx, s.db)
	n := 0
	for _, r := range rs.decided {
		if r.State == proposed && may(who, DecidePerm, r.ProposedBy) {
			n++
		}
	}
	return n, err
}

// may tells whether somebody could do the second step: holds the permission and did not do the first one.
func may(who access.Actor, p access.Perm, earlier ...string) bool {
	return who.Can(p) && who.NotEarlier("disclosure.same_person", earlier...) == nil
}
