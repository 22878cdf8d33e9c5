package media

import (
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"
)

// Send answers with a file, in parts when the browser asks for parts. Whoever calls it has decided that the person may see it.
// It is shown in place only when its type cannot run anything, and never kept by caches on the way.
func (a *Archive) Send(c echo.Context, f *File, name string) error {
	content, err := a.store.Open(c.Request().Context(), f.Object)
	if err != nil {
		return err
	}
	defer content.Close()
	h := c.Response().Header()
	h.Set("Content-Type", f.Type)
	kind := "attachment"
	if Inline(f.Type) && c.QueryParam("save") == "" {
		kind = "inline"
	}
	h.Set("Content-Disposition", mime.FormatMediaType(kind, map[string]string{"filename": name}))
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("ETag", `"`+string(f.Object[:16])+`"`)
	http.ServeContent(c.Response(), c.Request(), "", f.At, content)
	return nil
}
