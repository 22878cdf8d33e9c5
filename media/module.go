package media

import (
	"embed"

	"care/server/access"
)

//go:embed migrations/*.sql
var migrations embed.FS

// View lets a role look at the archive's own pages.
var View = access.Perm{Name: "media.view", Title: "查看媒体档案"}
