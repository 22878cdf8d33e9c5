package documents

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

// Permissions of papers.
var (
	View   = access.Perm{Name: "documents.view", Title: "查看和下载单据"}
	Manage = access.Perm{Name: "documents.manage", Title: "处理生成失败的单据"}
)

// Module describes the papers' desk.
func (p *Papers) Module() modules.Module {
	return modules.Module{
		Name: "documents", Title: words["documents.title"], Perms: []access.Perm{View, Manage}, Migrations: web.Sub(migrations), Words: words, Check: p.Check,
		Routes: func(r *web.Routes) {
			r.GET("/verify", p.verifyForm, access.Everyone, web.Options{Cached: true})
			r.GET("/verify/:number", p.verify, access.Everyone)
			r.GET("/verify/:number/paper", p.original, access.Everyone)
			r.GET("/desk/documents", p.list, View)
			r.GET("/desk/documents/batches", p.batches, View)
			r.POST("/desk/documents/batches", p.gather, View)
			r.GET("/desk/documents/batches/:id", p.batch, View)
			r.GET("/desk/documents/batches/:id/:n", p.volumeFile, View)
			r.GET("/desk/documents/:id", p.show, View)
			r.GET("/desk/documents/:id/paper", p.paper, View)
			r.POST("/desk/documents/:id/retry", p.retry, Manage)
		},
		Nav: []web.NavItem{{Group: words["documents.group"], Title: words["documents.title"], Href: "/desk/documents", Perm: View,
			Count: func(ctx context.Context, _ access.Actor) (int, error) { return countState(ctx, p.db, Failed) }}},
		Work: []queue.Worker{{Kind: "documents.issue", Do: p.issue}, {Kind: "documents.volume", Do: p.volume, Within: 20 * time.Minute}},
		Pages: map[string]any{
			"documents/verify": verifyPage{}, "documents/paper": paperPage{}, "documents/list": listPage{}, "documents/show": showPage{}, "documents/waiting": waitingPage{},
			"documents/batches": batchesPage{}, "documents/batch": batchPage{},
		},
	}
}
