package web

import (
	"embed"
	"io/fs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations makes the frame's own tables.
func Migrations() fs.FS { return Sub(migrations) }

// Sub gives the migrations folder of an embedded file system.
func Sub(f embed.FS) fs.FS {
	s, err := fs.Sub(f, "migrations")
	if err != nil {
		panic(err) // only a wrong literal can bring us here, at start-up
	}
	return s
}
