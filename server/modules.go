package main

import (
	"log/slog"

	"care/media"
	"care/modules"
	"care/modules/agreements"
	"care/modules/audit"
	"care/modules/bank"
	"care/modules/channels"
	"care/modules/channels/pay"
	"care/modules/disclosure"
	"care/modules/documents"
	"care/modules/donations"
	"care/modules/goods"
	"care/modules/home"
	"care/modules/identity"
	"care/modules/intake"
	"care/modules/ledger"
	"care/modules/mail"
	"care/modules/network"
	"care/modules/relief"
	"care/server/clock"
	"care/server/db"
	"care/server/queue"
	"care/server/secret"
	"care/templates"
	"care/templates/pdf"
	"care/templates/pdf/sign"
)

// Kit is what the modules stand on.
type Kit struct {
	DB      *db.DB
	Queue   *queue.Queue
	Objects media.Objects
	Box     *secret.Box
	Engine  *pdf.Engine
	Mails   *templates.Mails
	Signer  *sign.Signer  // nil: papers are unsigned
	Lines   []pay.Channel // payment channels whose keys are configured
	Now     clock.Source
	Log     *slog.Logger
	Conf    Config
	Demo    bool
}

// Platform is the modules that the program itself must know, and the one list of all of them.
type Platform struct {
	People *identity.People
	Gifts  *donations.Gifts
	List   []modules.Module
}

// build is the whole composition: no container, no registration, read it from top to bottom.
func build(k Kit) Platform {
	trail := audit.New(k.DB, k.Now)
	places := network.New(k.DB, trail)
	people := identity.New(k.DB, trail, places, k.Conf.BaseURL, k.Demo)
	trail.Introduce(people)
	archive := media.New(k.DB, trail, k.Objects, k.Box, k.Log)
	funds := ledger.New(k.DB, trail)
	papers := documents.New(k.DB, trail, k.Queue, archive, k.Box, k.Engine, k.Conf.BaseURL)
	if k.Signer != nil {
		papers.SignWith(k.Signer)
	}

	org := pdf.Org{Name: k.Conf.Org, Phone: k.Conf.Hotline, Seal: sealWords, Credit: k.Conf.OrgCredit, Site: k.Conf.BaseURL}
	post := mail.New(k.DB, trail, k.Queue, k.Box, k.Mails, mail.Settings{
		Server: k.Conf.SMTP.server(), Org: k.Conf.Org, Hotline: k.Conf.Hotline, Base: k.Conf.BaseURL, Demo: k.Demo,
	})
	gifts := donations.New(k.DB, trail, funds, papers, k.Box, donations.Settings{
		Org: org, Account: donations.Account{Holder: k.Conf.Org, Bank: k.Conf.Bank, Number: k.Conf.Account}, Demo: k.Demo, Login: people.ByLogin, Post: post,
	})
	lines := channels.New(k.DB, trail, funds, k.Queue, k.Box, till{gifts}, k.Conf.BaseURL, k.Log, k.Lines...)
	connect(gifts, lines)
	statements := bank.New(k.DB, trail, k.Queue, archive, funds, k.Box, teller{gifts}, bank.Settings{Account: k.Conf.Account, Login: people.ByLogin})
	gifts.OnReject(statements.Rejected)
	deals := agreements.New(k.DB, trail, papers, archive, k.Box, owed{gifts}, people.ByLogin)
	batches := intake.New(k.DB, trail, k.Queue, funds, k.Box, k.Engine, people, counter{gifts}.desk(), people.ByLogin)
	aid := relief.New(k.DB, trail, funds, papers, archive, k.Box, places, people, relief.Office{Org: org, Phone: k.Conf.Hotline, Demo: k.Demo})
	public := told{gifts, aid}
	open := disclosure.New(k.DB, trail, funds, public, public.helped, disclosure.Settings{Org: k.Conf.Org, Login: people.ByLogin})
	gifts.Under(law{open})
	stores := goods.New(k.DB, trail, funds, papers, archive, k.Box, purposes{funds, gifts, k.DB}, goods.Settings{Org: org, Demo: k.Demo, Login: people.ByLogin})
	start := home.New(trail, funds, doors{funds, gifts, aid}.sources())

	return Platform{people, gifts, []modules.Module{
		trail.Module(), places.Module(), people.Module(), archive.Module(), funds.Module(), papers.Module(), post.Module(),
		gifts.Module(), lines.Module(), statements.Module(), deals.Module(), batches.Module(), stores.Module(), aid.Module(), open.Module(), start.Module(),
	}}
}
