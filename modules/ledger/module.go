package ledger

import (
	"embed"

	"care/modules"
	"care/server/access"
	"care/server/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Permissions of the books.
var (
	View   = access.Perm{Name: "ledger.view", Title: "查看资金与账目"}
	Manage = access.Perm{Name: "ledger.manage", Title: "开立和关闭资金"}
)

// Module describes the books.
func (l *Ledger) Module() modules.Module {
	return modules.Module{
		Name: "ledger", Title: title, Perms: []access.Perm{View, Manage}, Migrations: web.Sub(migrations), Words: words, Check: l.Check,
	}
}
