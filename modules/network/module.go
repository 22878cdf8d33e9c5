package network

import (
	"embed"
	"strings"

	"care/modules"
	"care/server/access"
	"care/server/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Manage lets people edit areas and stations inside their own area.
var Manage = access.Perm{Name: "network.manage", Title: "维护区划和服务站点"}

// Module describes the network.
func (n *Net) Module() modules.Module {
	return modules.Module{
		Name: "network", Title: title, Perms: []access.Perm{Manage}, Migrations: web.Sub(migrations), Words: words, Check: n.Check, Seed: n.Seed,
	}
}

// codesOf gives the codes of a path from the city down.
func codesOf(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }
