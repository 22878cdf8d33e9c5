package donations_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"care/modules/audit"
	"care/modules/donations"
	"care/modules/mail"
	"care/server/access"
)

var reader = access.Actor{ID: "reader", Name: "周燕", Perms: []string{"mail.reveal", "mail.view"}}

// lettersOf gives the letters about a gift, newest first, with their texts.
func (g *given) lettersOf(t testing.TB, gift string) (kinds []string, texts []string) {
	t.Helper()
	p, err := g.Post.List(t.Context(), mail.Filter{Q: donations.Ref(gift)}, "", 20)
	must(t, err)
	for _, r := range p.Rows {
		x, err := g.Post.Reveal(t.Context(), reader, r.ID, "asked")
		must(t, err)
		if x.Address != "zhang@example.com" {
			t.Errorf("a letter to %s", x.Address)
		}
		kinds, texts = append(kinds, r.Kind), append(texts, x.Subject+"\n"+x.Text)
	}
	return kinds, texts
}

func TestDonorsGetLettersThatNameNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		p := pledge("张建国", 123_450)
		p.Campaign, p.Email, p.IDNo = g.Campaign.ID, "Zhang@Example.com", ""
		gift, err := g.Pledge(t.Context(), access.Public("192.0.2.1"), p, key())
		must(t, err)
		must(t, g.Record(t.Context(), clerk, gift.ID, payment("张建国", 123_450), key()))
		if kinds, _ := g.lettersOf(t, gift.ID); !slices.Equal(kinds, []string{"pledge"}) {
			t.Errorf("before the money is confirmed: %v", kinds)
		}
		must(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: g.live(t, gift.ID)}))
		must(t, g.AskRefund(t.Context(), clerk, gift.ID, "捐赠人要求", key()))
		must(t, g.ApproveRefund(t.Context(), checker, g.whole(t, gift.ID).Asked().ID, ""))
		kinds, texts := g.lettersOf(t, gift.ID)
		if !slices.Equal(kinds, []string{"refunded", "received", "pledge"}) {
			t.Fatalf("letters %v", kinds)
		}
		number := g.whole(t, gift.ID).Number
		for i, want := range [][]string{{"1,234.50", number}, {"1,234.50", number, "2026年11月24日", "大病救助"}, {"1,234.50", settings.Account.Number, "大病救助"}} {
			for _, w := range append(want, settings.Org.Site+g.Href(gift.ID)) {
				if !strings.Contains(texts[i], w) {
					t.Errorf("letter %s does not say %q:\n%s", kinds[i], w, texts[i])
				}
			}
			for _, private := range []string{"张建国", "建国", "13808741234", "1234\n"} {
				if strings.Contains(texts[i], private) {
					t.Errorf("letter %s says %q", kinds[i], private)
				}
			}
		}
		// Whoever leaves no address gets none, and an act that fails writes none.
		silent := g.received(t, "李四", 10_000)
		if kinds, _ := g.lettersOf(t, silent.ID); len(kinds) != 0 {
			t.Errorf("letters without an address: %v", kinds)
		}
	})
}

func TestStrangersCannotFillAMailboxThroughTheForm(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		for range 8 {
			p := pledge("张建国", 5_000)
			p.Email = "zhang@example.com"
			_, err := g.Pledge(t.Context(), access.Public("192.0.2.1"), p, key())
			must(t, err)
		}
		p, err := g.Post.List(t.Context(), mail.Filter{Q: "zhang@example.com"}, "", 20)
		must(t, err)
		if len(p.Rows) != 5 {
			t.Errorf("%d letters in a day", len(p.Rows))
		}
	})
}

func TestAnInstalmentRemindsItsDonorByLetter(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		p := pledge("张建国", 50_000)
		p.Email, p.Origin = "zhang@example.com", "agreement/a/1"
		var gift *donations.Gift
		must(t, g.in(t, clerk, func(ctx context.Context, tx *audit.Tx) (err error) {
			gift, err = g.OweIn(ctx, tx, clerk, p)
			return err
		}))
		kinds, texts := g.lettersOf(t, gift.ID)
		if !slices.Equal(kinds, []string{"pledge"}) || !strings.Contains(texts[0], "500.00") || !strings.Contains(texts[0], gift.Code[:4]+" "+gift.Code[4:]) {
			t.Errorf("letters %v: %v", kinds, texts)
		}
	})
}
