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
		Routes: s.routes, Pages: pages(), Seed: s.Seed, Check: s.Check,
		Nav: []web.NavItem{
			{Group: navGroup, Title: navPeople, Href: "/desk/people", Perm: View},
			{Group: navGroup, Title: navRoles, Href: "/desk/roles", Perm: View},
			{Group: navGroup, Title: navMe, Href: "/desk/me", Perm: access.SignedIn},
		},
		Daily: []queue.Daily{{Kind: "identity.sweep", Every: 24 * time.Hour, Do: s.Sweep}},
	}
}

func pages() map[string]any {
	return map[string]any{
		"identity/signin": signInPage{}, "identity/me": mePage{}, "identity/setup": setupPage{}, "identity/password": linkPage{},
		"identity/people": peoplePage{}, "identity/person": personPage{}, "identity/edit": editPage{},
		"identity/disable": askPage{}, "identity/revoke": askPage{}, "identity/roles": rolesPage{},
	}
}

func (s *People) routes(r *web.Routes) {
	r.GET("/signin", s.signInForm, access.Everyone)
	r.POST("/signin", s.signIn, access.Everyone, web.Options{PerMinute: 20})
	r.POST("/signout", s.signOut, access.Everyone)
	r.GET("/setup/:token", s.setupForm, access.Everyone)
	r.POST("/setup/:token", s.setup, access.Everyone, web.Options{PerMinute: 10})
	r.GET("/password/:token", s.linkForm, access.Everyone)
	r.POST("/password/:token", s.useLink, access.Everyone, web.Options{PerMinute: 10})

	r.GET("/desk/me", s.me, access.SignedIn)
	r.POST("/desk/me/password", s.changePassword, access.SignedIn, web.Options{PerMinute: 10})
	r.POST("/desk/me/leave", s.endSessions, access.SignedIn)

	r.GET("/desk/people", s.list, View)
	r.GET("/desk/people/new", s.newForm, Manage)
	r.POST("/desk/people/new", s.make, Manage)
	r.GET("/desk/people/:id", s.person, View)
	r.GET("/desk/people/:id/edit", s.editForm, Manage)
	r.POST("/desk/people/:id/edit", s.edit, Manage)
	r.GET("/desk/people/:id/disable", s.disableForm, Manage)
	r.POST("/desk/people/:id/disable", s.disable, Manage)
	r.POST("/desk/people/:id/enable", s.enable, Manage)
	r.POST("/desk/people/:id/link", s.link, Manage)
	r.POST("/desk/people/:id/grant", s.grant, View) // the security officer, or an administrator for the first one: the act decides
	r.GET("/desk/people/:id/grants/:grant/revoke", s.revokeForm, Security)
	r.POST("/desk/people/:id/grants/:grant/revoke", s.revoke, Security)
	r.GET("/desk/roles", s.roles, View)
}
