package donations_test

import (
	"image/png"
	"strings"
	"testing"
)

func TestPublicCampaignHasAPictureToShare(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.Serve(t, actors(), g.Module())
		a := s.Public().Get("/campaigns/DB-2026/poster.png")
		if a.Status != 200 || a.Header.Get("Content-Type") != "image/png" {
			t.Fatalf("%d %s", a.Status, a.Header.Get("Content-Type"))
		}
		c, err := png.DecodeConfig(strings.NewReader(a.Body))
		if err != nil || c.Width != 1080 || c.Height != 1440 {
			t.Errorf("the picture is %d by %d, %v", c.Width, c.Height, err)
		}
		if a := s.Public().Get("/campaigns/NONE/poster.png"); a.Status != 404 {
			t.Errorf("an unknown campaign: %d", a.Status)
		}
		if p := s.Public().Get("/campaigns/DB-2026"); !strings.Contains(p.Body, "/campaigns/DB-2026/poster.png") {
			t.Error("the page does not lead to the picture")
		}
	})
}
