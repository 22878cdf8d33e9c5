package channels

import (
	"context"
	"embed"
	"time"

	"care/modules"
	"care/server/access"
	"care/server/queue"
	"care/server/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Permissions of the desk.
var (
	ViewPerm   = access.Perm{Name: "channels.view", Title: permView}
	HandlePerm = access.Perm{Name: "channels.handle", Title: permHandle} // the first pair of eyes
)

// Module describes the payment channels. Without a line to any channel there is no link to the desk.
func (s *Channels) Module() modules.Module {
	m := modules.Module{
		Name: "channels", Title: title,
		Perms:  []access.Perm{ViewPerm, HandlePerm},
		Routes: s.routes,
		Work:   []queue.Worker{{Kind: "channels.book", Do: s.bookWork}, {Kind: "channels.refund", Do: s.refundWork}},
		Daily: []queue.Daily{
			{Kind: "channels.ask", Every: 10 * time.Second, Do: s.Ask},
			{Kind: "channels.ask_refunds", Every: time.Minute, Do: s.AskRefunds},
			{Kind: "channels.sweep", Every: 5 * time.Minute, Do: s.sweep},
		},
		Migrations: web.Sub(migrations),
		Pages:      map[string]any{"channels/pay": payPage{}, "channels/desk": deskPage{}, "channels/order": orderPage{}},
		Words:      words, Check: s.Check,
	}
	if len(s.lines) == 0 {
		m.Daily = nil
		return m
	}
	m.Nav = []web.NavItem{{Group: group, Title: navOrders, Href: "/desk/channels", Perm: ViewPerm, Count: s.navCount}}
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
}

// navCount is what a person must look at.
func (s *Channels) navCount(ctx context.Context, who access.Actor) (int, error) {
	if !who.Can(HandlePerm) {
		return 0, nil
	}
	return s.Problems(ctx)
}
