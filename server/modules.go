package main

import (
	"log/slog"

	"care/media"
	"care/modules"
	"care/modules/audit"
	"care/modules/documents"
	"care/modules/donations"
	"care/modules/home"
	"care/modules/identity"
	"care/modules/ledger"
	"care/modules/network"
	"care/modules/relief"
	"care/server/clock"
	"care/server/db"
	"care/server/queue"
	"care/server/secret"
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
	Signer  *sign.Signer // nil: papers are unsigned
	Now     clock.Source
	Log     *slog.Logger
	Conf    Config
	Demo    bool
}

// Platform is the modules that the program itself must know, and the one list of all of them.
type Platform struct {
	People *identity.People
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
	gifts := donations.New(k.DB, trail, funds, papers, k.Box)
	aid := relief.New(k.DB, trail, funds, papers, archive, k.Box)
	start := home.New(trail, funds, sources(funds, gifts, aid))

	return Platform{people, []modules.Module{
		trail.Module(), places.Module(), people.Module(), archive.Module(), funds.Module(), papers.Module(),
		gifts.Module(), aid.Module(), start.Module(),
	}}
}
