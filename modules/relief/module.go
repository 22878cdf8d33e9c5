package relief

import (
	"embed"

	"care/modules"
	"care/server/access"
	"care/server/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Module describes the relief desk.
func (s *Relief) Module() modules.Module {
	return modules.Module{
		Name: "relief", Title: words["relief.title"], Migrations: web.Sub(migrations), Words: words, Check: s.Check,
		Perms: []access.Perm{View, File, Village, Township, County, Publish, Object, City, Approve, Batch, BatchCheck, BatchSign, Bank, BankCheck, PrivateTxt, Settings},
	}
}
