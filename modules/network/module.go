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
		Routes: n.routes,
		Nav:    []web.NavItem{{Group: navGroup, Title: navTree, Href: "/desk/network", Perm: Manage}},
		Pages: map[string]any{
			"network/stations": stationsPage{}, "network/tree": treePage{}, "network/station": stationPage{}, "network/close": closePage{}, "network/merge": mergePage{},
		},
	}
}

func (n *Net) routes(r *web.Routes) {
	r.GET("/stations", n.stations, access.Everyone, web.Options{Cached: true})

	r.GET("/desk/network", n.tree, Manage)
	r.POST("/desk/network/areas/:code/add", n.add, Manage)
	r.GET("/desk/network/areas/:code/merge", n.mergeForm, Manage)
	r.POST("/desk/network/areas/:code/merge", n.merge, Manage)
	r.GET("/desk/network/areas/:code/station", n.openForm, Manage)
	r.POST("/desk/network/areas/:code/station", n.open, Manage)
	r.GET("/desk/network/stations/:id/edit", n.editForm, Manage)
	r.POST("/desk/network/stations/:id/edit", n.edit, Manage)
	r.GET("/desk/network/stations/:id/close", n.closeForm, Manage)
	r.POST("/desk/network/stations/:id/close", n.close, Manage)
}

// codesOf gives the codes of a path from the city down.
func codesOf(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }
