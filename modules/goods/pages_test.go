package goods_test

import (
	"testing"

	"github.com/jba/templatecheck"

	"care/modules/goods"
	"care/templates"
)

func TestPagesFitTheirTemplates(t *testing.T) {
	t.Parallel()
	set, err := templates.Parse()
	must(t, err)
	for name, data := range (&goods.Goods{}).Module().Pages {
		page := set.Page(name)
		if page == nil {
			t.Errorf("there is no template %s", name)
			continue
		}
		if err := templatecheck.CheckHTML(page, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
