package mail

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

// Permissions of the post office.
var (
	View       = access.Perm{Name: "mail.view", Title: permView}
	Manage     = access.Perm{Name: "mail.manage", Title: permManage}
	RevealPerm = access.Perm{Name: "mail.reveal", Title: permReveal}
)

// Module describes letters and their desk.
func (p *Post) Module() modules.Module {
	return modules.Module{
		Name: "mail", Title: words["mail.title"], Perms: []access.Perm{View, Manage, RevealPerm}, Migrations: web.Sub(migrations), Words: words, Check: p.Check,
		Routes: func(r *web.Routes) {
			few := web.Options{PerMinute: 6}
			r.GET("/desk/mail", p.list, View)
			r.POST("/desk/mail/test", p.test, Manage, few)
			r.POST("/desk/mail/kept", p.sendKept, Manage)
			r.GET("/desk/mail/:id", p.show, View)
			r.POST("/desk/mail/:id/resend", p.resend, Manage)
			r.GET("/desk/mail/:id/bounce", p.bounceForm, Manage)
			r.POST("/desk/mail/:id/bounce", p.bounce, Manage)
			r.GET("/desk/mail/:id/reveal", p.revealForm, RevealPerm)
			r.POST("/desk/mail/:id/reveal", p.reveal, RevealPerm)
		},
		Nav: []web.NavItem{{Group: words["mail.group"], Title: words["mail.title"], Href: "/desk/mail", Perm: View,
			Count: func(ctx context.Context, _ access.Actor) (int, error) { return countState(ctx, p.db, Failed) }}},
		Work: []queue.Worker{{Kind: "mail.send", Do: p.deliver}},
		Daily: []queue.Daily{
			{Kind: "mail.due", Every: 30 * time.Second, Do: p.SendDue},
			{Kind: "mail.forget", At: "03:40", Do: p.Forget},
		},
		Pages: map[string]any{"mailbox/list": listPage{}, "mailbox/show": showPage{}, "mailbox/bounce": bouncePage{}, "mailbox/reveal": revealPage{}},
	}
}
