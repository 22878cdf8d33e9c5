package goods

import (
	"context"
	"embed"

	"care/modules"
	"care/server/access"
	"care/server/db"
	"care/server/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Permissions of the goods desk.
var (
	ViewPerm     = access.Perm{Name: "goods.view", Title: permView}
	RegisterPerm = access.Perm{Name: "goods.register", Title: permRegister}
	AcceptPerm   = access.Perm{Name: "goods.accept", Title: permAccept}
	ValuePerm    = access.Perm{Name: "goods.value", Title: permValue}
	CheckPerm    = access.Perm{Name: "goods.check", Title: permCheck}
	ApprovePerm  = access.Perm{Name: "goods.approve", Title: permApprove}
	RevealPerm   = access.Perm{Name: "goods.reveal", Title: permReveal}
	IssuePerm    = access.Perm{Name: "goods.issue", Title: permIssue}
)

// Module describes gifts in kind.
func (s *Goods) Module() modules.Module {
	return modules.Module{
		Name: "goods", Title: title, Perms: []access.Perm{ViewPerm, RegisterPerm, AcceptPerm, ValuePerm, CheckPerm, IssuePerm, ApprovePerm, RevealPerm},
		Routes: s.routes,
		Nav: []web.NavItem{
			{Group: title, Title: navGifts, Href: "/desk/goods", Perm: ViewPerm, Count: s.navGifts},
			{Group: title, Title: navStock, Href: "/desk/goods/stock", Perm: ViewPerm, Count: s.navStock},
			{Group: title, Title: navLists, Href: "/desk/goods/lists", Perm: ViewPerm, Count: s.navLists},
			{Group: title, Title: navChanges, Href: "/desk/goods/changes", Perm: ViewPerm, Count: s.navChanges},
		},
		Migrations: web.Sub(migrations),
		Pages: map[string]any{
			"goods/roll": rollPage{}, "goods/gifts": giftsPage{}, "goods/register": registerPage{}, "goods/gift": giftPage{}, "goods/count": countPage{}, "goods/value": valuePage{},
			"goods/reason": reasonPage{}, "goods/plain": plainPage{}, "goods/stock": stockPage{}, "goods/card": cardPage{},
			"goods/lists": listsPage{}, "goods/make": makePage{}, "goods/list": listPage{},
			"goods/changes": changesPage{}, "goods/ask": askPage{}, "goods/change": changePage{},
		},
		Words: words, Seed: s.Seed, Check: s.Check,
	}
}

func (s *Goods) routes(r *web.Routes) {
	files := web.Options{Body: maxFormBytes}
	r.GET("/goods", s.roll, access.Everyone, web.Options{Cached: true})
	r.GET("/goods.csv", s.rollFile, access.Everyone)

	r.GET("/desk/goods", s.gifts, ViewPerm)
	r.GET("/desk/goods/export.csv", s.giftsFile, ViewPerm)
	r.GET("/desk/goods/new", s.registerForm, RegisterPerm)
	r.POST("/desk/goods/new", s.register, RegisterPerm)
	r.GET("/desk/goods/stock", s.stock, ViewPerm)
	r.GET("/desk/goods/stock.csv", s.stockFile, ViewPerm)
	r.GET("/desk/goods/stock/:id", s.card, ViewPerm)
	r.GET("/desk/goods/lists", s.lists, ViewPerm)
	r.GET("/desk/goods/lists/new", s.makeForm, IssuePerm)
	r.POST("/desk/goods/lists/new", s.make, IssuePerm)
	r.GET("/desk/goods/lists/:id", s.list, ViewPerm)
	r.GET("/desk/goods/lists/:id/sheet.pdf", s.sheet, ViewPerm)
	r.POST("/desk/goods/lists/:id/release", s.release, CheckPerm)
	r.POST("/desk/goods/lists/:id/void", s.void, IssuePerm)
	r.POST("/desk/goods/lists/:id/close", s.close, IssuePerm, files)
	r.GET("/desk/goods/lists/:id/files/:file", s.listFile, ViewPerm)
	r.GET("/desk/goods/changes", s.changes, ViewPerm)
	r.GET("/desk/goods/changes/new", s.askForm, IssuePerm)
	r.POST("/desk/goods/changes/new", s.ask, IssuePerm, files)
	r.GET("/desk/goods/changes/:id", s.change, ViewPerm)
	r.POST("/desk/goods/changes/:id/decide", s.decide, ViewPerm) // who may decide depends on the kind: the act says
	r.GET("/desk/goods/changes/:id/files/:file", s.changeFile, ViewPerm)

	r.GET("/desk/goods/:id", s.gift, ViewPerm)
	r.GET("/desk/goods/:id/edit", s.editForm, RegisterPerm)
	r.POST("/desk/goods/:id/edit", s.register, RegisterPerm)
	r.GET("/desk/goods/:id/count", s.countForm, AcceptPerm)
	r.POST("/desk/goods/:id/count", s.count, AcceptPerm, files)
	r.POST("/desk/goods/:id/accept", s.accept, AcceptPerm)
	r.GET("/desk/goods/:id/recount", s.recountForm, AcceptPerm)
	r.POST("/desk/goods/:id/recount", s.recount, AcceptPerm)
	r.GET("/desk/goods/:id/value", s.valueForm, ValuePerm)
	r.POST("/desk/goods/:id/value", s.value, ValuePerm, files)
	r.POST("/desk/goods/:id/stock", s.stockGift, CheckPerm)
	r.GET("/desk/goods/:id/receipt", s.receiptFile, ViewPerm)
	r.GET("/desk/goods/:id/reveal", s.revealForm, RevealPerm)
	r.POST("/desk/goods/:id/reveal", s.reveal, RevealPerm)
	r.GET("/desk/goods/:id/files/:file", s.giftFile, ViewPerm)
}

// navGifts is what waits for the person among the gifts.
func (s *Goods) navGifts(ctx context.Context, who access.Actor) (int, error) {
	counts, err := s.Counts(ctx)
	n := 0
	for state, perm := range map[State]access.Perm{Waiting: AcceptPerm, Counted: AcceptPerm, Accepted: ValuePerm, Valued: CheckPerm} {
		if who.Can(perm) {
			n += counts[state]
		}
	}
	return n, err
}

// navStock is what lies in store past its end: whoever gives goods out must ask for its removal.
func (s *Goods) navStock(ctx context.Context, who access.Actor) (int, error) {
	if !who.Can(IssuePerm) {
		return 0, nil
	}
	over, _, err := s.Expiring(ctx)
	return over, err
}

func (s *Goods) navLists(ctx context.Context, who access.Actor) (int, error) {
	if !who.Can(CheckPerm) {
		return 0, nil
	}
	drafts, _, _, err := countWaiting(ctx, s.db)
	return drafts, db.Fault(err)
}

func (s *Goods) navChanges(ctx context.Context, who access.Actor) (n int, err error) {
	if !who.Can(CheckPerm) && !who.Can(ApprovePerm) {
		return 0, nil
	}
	_, changes, decisions, err := countWaiting(ctx, s.db)
	if who.Can(CheckPerm) {
		n += changes
	}
	if who.Can(ApprovePerm) {
		n += decisions
	}
	return n, db.Fault(err)
}
