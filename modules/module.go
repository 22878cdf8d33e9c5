// Package modules says what a module is. Read this first.
package modules

import (
	"context"
	"io/fs"

	"care/server/access"
	"care/server/clock"
	"care/server/queue"
	"care/server/web"
)

// Module is one part of the platform, as plain data. Every field but Name may be left empty.
// The list of all modules is ordinary Go in server/modules.go.
type Module struct {
	Name       string                                            // "donations": prefix of its tables, pages, permissions and migrations
	Title      string                                            // 捐赠
	Perms      []access.Perm                                     // what a role can be given
	Routes     func(r *web.Routes)                               // every page and action, with who may come beside it
	Nav        []web.NavItem                                     // links of the staff pages, shown to those whom Perm allows
	Menu       []web.Link                                        // links of the public menu
	Work       []queue.Worker                                    // kinds of queued work that it can do
	Daily      []queue.Daily                                     // work by the clock
	Migrations fs.FS                                             // migrations/<stamp>_<module>_<what>.tx.up.sql, at the root of the FS
	Pages      map[string]any                                    // page name → zero value of what it shows; lets a test type-check the template
	Words      map[string]string                                 // code → 中文, for states and faults
	Seed       func(ctx context.Context, at *clock.Travel) error // demonstration data, through the module's own acts; the acts happen at the time to which at is put
	Check      func(ctx context.Context) ([]Count, error)        // what must always be true; run nightly, by `server check` and in tests
}

// Count is one line of what a check looked at, such as {"收据", 1200}.
type Count struct {
	Title string
	N     int64
}
