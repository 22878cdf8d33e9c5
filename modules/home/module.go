// Package home is the front doors: the public start page, the start page of the staff, and the pages that explain.
//
// It holds no data. What it shows it asks of others through Sources, which server/home.go fills.
package home

import (
	"context"
	"time"

	"care/modules"
	"care/modules/audit"
	"care/modules/ledger"
	"care/server/access"
	"care/server/clock"
	"care/server/money"
	"care/server/web"
)

// Totals are the figures of the public start page.
type Totals struct {
	Raised, Paid  money.Fen // arrived in all; paid out in all
	Gifts, Helped int       // gifts confirmed; households helped
}

// Campaign is one campaign on the start page.
type Campaign struct {
	Title, Text, Href, State, Tone string
	Raised, Goal                   money.Fen // Goal 0: none
	Gifts                          int
}

// Gift is one line of the donation roll, masked.
type Gift struct {
	At                       time.Time
	Payer, Use, Number, Href string
	Amount                   money.Fen
}

// Notice is one relief notice, masked.
type Notice struct {
	Who, Place, Kind, Href string
	Amount                 money.Fen
	Until                  clock.Day
}

// Sources answer what the start page asks of the modules that know.
type Sources struct {
	Totals    func(ctx context.Context) (Totals, error)
	Campaigns func(ctx context.Context, n int) ([]Campaign, error)
	Gifts     func(ctx context.Context, n int) ([]Gift, error)
	Notices   func(ctx context.Context, n int) ([]Notice, error)
}

// Service shows the front doors.
type Service struct {
	trail *audit.Trail
	funds *ledger.Ledger
	from  Sources
}

// New makes the front doors.
func New(trail *audit.Trail, funds *ledger.Ledger, from Sources) *Service {
	return &Service{trail: trail, funds: funds, from: from}
}

// Module describes the front doors.
func (s *Service) Module() modules.Module {
	return modules.Module{
		Name: "home", Title: words["home.title"], Words: words,
		Routes: func(r *web.Routes) {
			r.GET("/", s.index, access.Everyone, web.Options{Cached: true})
			r.GET("/help", s.help, access.Everyone, web.Options{Cached: true})
			r.GET("/privacy", s.privacy, access.Everyone, web.Options{Cached: true})
			r.GET("/desk", s.desk, access.SignedIn)
			r.GET("/desk/style", s.style, access.SignedIn)
		},
		Menu:  []web.Link{{Title: words["home.help"], Href: "/help"}},
		Nav:   []web.NavItem{{Group: "", Title: words["home.desk"], Href: "/desk", Perm: access.SignedIn}},
		Pages: map[string]any{"home/index": indexPage{}, "home/desk": deskPage{}, "home/style": web.StylePage{}, "home/help": textPage{}, "home/privacy": textPage{}, "errors/page": web.ErrorPage{}},
	}
}
