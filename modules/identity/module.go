package identity

import (
	"embed"
	"time"

	"care/modules"
	"care/server/access"
	"care/server/queue"
	"care/server/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Permissions of the accounts. Who opens accounts does not give roles, and who gives roles opens no accounts (三员分立).
var (
	View     = access.Perm{Name: "identity.view", Title: permView}
	Manage   = access.Perm{Name: "identity.manage", Title: permManage}
	Security = access.Perm{Name: "identity.security", Title: permSecurity}
)

// Module describes the accounts.
func (s *People) Module() modules.Module {
	return modules.Module{
		Name: "identity", Title: title, Perms: []access.Perm{View, Manage, Security}, Migrations: web.Sub(migrations), Words: words,
		Seed: s.Seed, Check: s.Check,
		Daily: []queue.Daily{{Kind: "identity.sweep", Every: 24 * time.Hour, Do: s.Sweep}},
	}
}
