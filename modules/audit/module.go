package audit

import (
	"context"
	"embed"
	"fmt"

	"care/modules"
	"care/server/access"
	"care/server/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Permissions of the record.
var (
	View  = access.Perm{Name: "audit.view", Title: "查看操作记录"}
	Prove = access.Perm{Name: "audit.check", Title: "运行全部校验"}
)

// Module describes the record. names may be nil; it turns ids of people into names for its readers.
func (t *Trail) Module() modules.Module {
	return modules.Module{
		Name: "audit", Title: words["audit.title"], Perms: []access.Perm{View, Prove}, Migrations: web.Sub(migrations), Words: words, Check: t.Check,
		Routes: func(r *web.Routes) { r.GET("/desk/audit", t.list, View) },
		Nav:    []web.NavItem{{Group: words["audit.group"], Title: words["audit.title"], Href: "/desk/audit", Perm: View}},
		Pages:  map[string]any{"audit/list": listPage{}},
	}
}

// Check proves that no key points to an entry that does not exist: an act that committed left its entry.
func (t *Trail) Check(ctx context.Context) ([]modules.Count, error) {
	n, err := countEntries(ctx, t.db)
	if err != nil {
		return nil, err
	}
	orphans, err := countOrphanKeys(ctx, t.db)
	if err != nil {
		return nil, err
	}
	if orphans > 0 {
		return nil, fmt.Errorf("%d keys without their entry", orphans)
	}
	return []modules.Count{{Title: words["audit.count"], N: n}}, nil
}
