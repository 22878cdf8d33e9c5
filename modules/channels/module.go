package channels

import (
	"context"
	"embed"
	"time"

	"care/modules"
	"care/server/access"
	"care/server/db"
	"care/server/queue"
	"care/server/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Permissions of the desk.
var (
	ViewPerm   = access.Perm{Name: "channels.view", Title: permView}
	HandlePerm = access.Perm{Name: "channels.handle", Title: permHandle} // the first pair of eyes
	ClosePerm  = access.Perm{Name: "channels.close", Title: permClose}   // the second one
)

// Module describes the payment channels. Without a line to any channel there is no link to the desk.
func (s *Channels) Module() modules.Module {
	m := modules.Module{
		Name: "channels", Title: title,
		Perms:  []access.Perm{ViewPerm, HandlePerm, ClosePerm},
		Routes: s.routes,
		Work:   []queue.Worker{{Kind: "channels.book", Do: s.bookWork}, {Kind: "channels.refund", Do: s.refundWork}, {Kind: "channels.bill", Do: s.billWork}},
		Daily: []queue.Daily{
			{Kind: "channels.ask", Every: 10 * time.Second, Do: s.Ask},
			{Kind: "channels.ask_refunds", Every: time.Minute, Do: s.AskRefunds},
			{Kind: "channels.bills", At: "10:40", Do: s.Bills},
			{Kind: "channels.sweep", Every: 5 * time.Minute, Do: s.sweep},
		},
		Migrations: web.Sub(migrations),
		Pages: map[string]any{"channels/pay": payPage{}, "channels/desk": deskPage{}, "channels/order": orderPage{},
			"channels/days": daysPage{}, "channels/day": dayPage{}, "channels/difference": differencePage{}},
		Words: words, Check: s.Check,
	}
	if len(s.lines) == 0 {
		m.Daily = nil
		return m
	}
	m.Nav = []web.NavItem{{Group: group, Title: navOrders, Href: "/desk/channels", Perm: ViewPerm, Count: s.navCount},
		{Group: group, Title: navDays, Href: "/desk/channels/days", Perm: ViewPerm, Count: s.navDays}}
	return m
}

func (s *Channels) routes(r *web.Routes) {
	r.GET("/pay/:token", s.payPage, access.Everyone)
	r.POST("/pay/:token", s.begin, access.Everyone, web.Options{PerMinute: 20})
	r.GET("/pay/:token/code.png", s.code, access.Everyone)
	r.GET("/pay/:token/wechat", s.authorize, access.Everyone)
	r.POST("/pay/notify/:channel", s.notify, access.Everyone, web.Options{Machine: true, Body: maxNotice})

	r.GET("/desk/channels", s.desk, ViewPerm)
	r.GET("/desk/channels/export.csv", s.export, ViewPerm)
	r.GET("/desk/channels/orders/:id", s.orderPage, ViewPerm)
	r.POST("/desk/channels/refunds/:id/retry", s.retry, HandlePerm)

	r.GET("/desk/channels/days", s.days, ViewPerm)
	r.POST("/desk/channels/bills", s.fetchBill, HandlePerm)
	r.GET("/desk/channels/days/:channel/:day", s.day, ViewPerm)
	r.GET("/desk/channels/days/:channel/:day/export.csv", s.exportDay, ViewPerm)
	r.POST("/desk/channels/days/:channel/:day/compare", s.compareDay, HandlePerm)
	r.POST("/desk/channels/days/:channel/:day/settle", s.settleDay, HandlePerm)
	r.POST("/desk/channels/days/:channel/:day/confirm", s.confirmDay, ClosePerm)
	r.POST("/desk/channels/days/:channel/:day/close", s.closeDay, ClosePerm)
	r.GET("/desk/channels/differences/:id", s.difference, ViewPerm)
	r.POST("/desk/channels/differences/:id/explain", s.explain, HandlePerm)
	r.POST("/desk/channels/differences/:id/sign", s.sign, ClosePerm)
}

// navDays is what waits at the days: differences to explain, or explanations and settlements to sign.
func (s *Channels) navDays(ctx context.Context, who access.Actor) (n int, err error) {
	open, explained, err := countDays(ctx, s.db)
	if who.Can(HandlePerm) {
		n += open
	}
	if who.Can(ClosePerm) {
		n += explained
	}
	return n, db.Fault(err)
}

// navCount is what a person must look at.
func (s *Channels) navCount(ctx context.Context, who access.Actor) (int, error) {
	if !who.Can(HandlePerm) {
		return 0, nil
	}
	return s.Problems(ctx)
}
