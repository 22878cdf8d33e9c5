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
	Books  = access.Perm{Name: "ledger.books_view", Title: "查看和导出凭证、科目余额"}
	Manage = access.Perm{Name: "ledger.manage", Title: "开立和关闭资金"}
)

// Module describes the books.
func (l *Ledger) Module() modules.Module {
	return modules.Module{
		Name: "ledger", Title: title, Perms: []access.Perm{View, Books, Manage}, Migrations: web.Sub(migrations), Words: words, Check: l.Check,
		Routes: func(r *web.Routes) {
			r.GET("/desk/funds", l.funds, View)
			r.GET("/desk/funds/new", l.newForm, Manage)
			r.POST("/desk/funds/new", l.open, Manage)
			r.GET("/desk/funds/:id", l.fund, View)
			r.POST("/desk/funds/:id/close", l.close, Manage)
			r.GET("/desk/ledger/vouchers", l.vouchers, Books)
			r.GET("/desk/ledger/vouchers.csv", l.voucherFile(".csv"), Books)
			r.GET("/desk/ledger/vouchers.xlsx", l.voucherFile(".xlsx"), Books)
			r.GET("/desk/ledger/vouchers/:id", l.voucher, Books)
			r.GET("/desk/ledger/balances", l.balances, Books)
			r.GET("/desk/ledger/balances.csv", l.balanceFile(".csv"), Books)
			r.GET("/desk/ledger/balances.xlsx", l.balanceFile(".xlsx"), Books)
		},
		Nav: []web.NavItem{
			{Group: words["ledger.group"], Title: title, Href: "/desk/funds", Perm: View},
			{Group: words["ledger.group"], Title: words["ledger.vouchers"], Href: "/desk/ledger/vouchers", Perm: Books},
			{Group: words["ledger.group"], Title: words["ledger.balances"], Href: "/desk/ledger/balances", Perm: Books},
		},
		Pages: map[string]any{"ledger/funds": fundsPage{}, "ledger/fund": fundPage{}, "ledger/new": newPage{}, "ledger/vouchers": vouchersPage{}, "ledger/voucher": voucherPage{}, "ledger/balances": balancesPage{}},
	}
}
