package relief

import (
	"context"
	"strings"

	"github.com/labstack/echo/v4"

	"care/media"
	"care/server/access"
	"care/server/fault"
	"care/server/web"
)

// Evidence of one form: at most this many files, each of at most this many bytes.
const (
	maxFiles     = 24
	maxFile      = 20 << 20
	maxFormBytes = maxFile*6 + 4<<20
)

// fileForm is the application with its references to files that a refused form keeps.
type fileForm struct {
	Form
	Kept []string `form:"kept"` // category|reference
	Do   string   `form:"do"`   // draft or submit
}

type keptFile struct{ Value, Name, Category string }

type filePage struct {
	web.Page
	Form       fileForm
	Action     string
	Draft      string
	Kinds      []web.Option
	Places     []web.Option
	Categories []web.Option
	Evidence   []Choice // one file field each
	Kept       []keptFile
	Files      []media.File // of the draft
	Today      string
	Oldest     string
}

func (s *Relief) filePage(c echo.Context, draft string) (*filePage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	p := &filePage{Page: web.Desk(c, words["relief.page.file"]), Action: "/desk/relief/new", Draft: draft, Today: string(s.today()), Oldest: string(s.today().Add(-longAgo))}
	p.Back = &web.Link{Title: words["relief.nav.mine"], Href: "/desk/relief"}
	if draft != "" {
		p.Action = "/desk/relief/drafts/" + draft
		fs, err := s.archive.Of(ctx, subjectOf(draft))
		if err != nil {
			return nil, err
		}
		p.Files = fs
	}
	ks, err := s.Kinds(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range ks {
		if k.Active {
			p.Kinds = append(p.Kinds, web.Option{Value: k.Code, Label: k.Title, Hint: words["relief.cap"] + " " + k.Cap.Yuan() + " · " + evidenceWords(k.Evidence)})
		}
	}
	places, err := s.Places(ctx, who.Area)
	if err != nil {
		return nil, err
	}
	p.Places = append(p.Places, web.Option{Label: words["relief.choose"]})
	for _, o := range places {
		p.Places = append(p.Places, web.Option{Value: o.Value, Label: o.Label})
	}
	p.Categories = append(p.Categories, web.Option{Label: words["relief.choose"]})
	for _, k := range Categories {
		p.Categories = append(p.Categories, web.Option{Value: k, Label: words["relief.category."+k]})
	}
	for _, e := range Evidence {
		p.Evidence = append(p.Evidence, Choice{"evidence_" + e, words["relief.evidence."+e]})
	}
	return p, nil
}

func evidenceWords(codes string) string {
	var out []string
	for _, e := range strings.Split(codes, ",") {
		out = append(out, words["relief.evidence."+e])
	}
	return strings.Join(out, words["relief.comma"])
}

// newForm shows an empty application.
func (s *Relief) newForm(c echo.Context) error {
	p, err := s.filePage(c, "")
	if err != nil {
		return err
	}
	if len(p.Places) == 2 {
		p.Form.Area = p.Places[1].Value
	}
	return web.Render(c, "relief/form", p)
}

// draftForm shows a draft as it was left.
func (s *Relief) draftForm(c echo.Context) error {
	f, err := s.Draft(c.Request().Context(), web.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	p, err := s.filePage(c, c.Param("id"))
	if err != nil {
		return err
	}
	p.Form.Form = f
	return web.Render(c, "relief/form", p)
}

// files turns the references of a form into stored objects; a reference of somebody else is dropped with a fault.
func (s *Relief) files(who access.Actor, kept []string, up web.Files) (fs []NewFile, shown []keptFile, bad []fault.Field) {
	bad = up.Faults
	for _, k := range up.Kept {
		kept = append(kept, strings.TrimPrefix(k.Field, "evidence_")+"|"+k.Ref)
	}
	for _, k := range kept {
		category, ref, _ := strings.Cut(k, "|")
		st, err := s.archive.Deref(who, ref)
		if err != nil {
			bad = append(bad, fault.Field{Name: "evidence_id", Code: "media.ref"})
			continue
		}
		fs = append(fs, NewFile{Category: category, Stored: st})
		shown = append(shown, keptFile{Value: k, Name: st.Name, Category: words["relief.evidence."+category]})
	}
	return fs, shown, bad
}

// file takes the application: kept as a draft, or handed in.
func (s *Relief) file(c echo.Context) error {
	ctx, who, draft := c.Request().Context(), web.Actor(c), c.Param("id")
	var f fileForm
	up, err := web.BindFiles(c, &f, s.archive.Upload(who, maxFiles, maxFile))
	var checks fault.Checks
	if err := checks.Merge(err); err != nil {
		return err
	}
	files, shown, bad := s.files(who, f.Kept, up)
	for _, b := range bad {
		checks.Add(b.Name, b.Code, b.Args...)
	}
	key, err := web.Token(c)
	if err == nil {
		err = checks.Err()
	}
	if bad := fault.FieldsOf(err); bad != nil && f.Do == "submit" {
		err = s.mistakes(ctx, f.Form, bad)
	}
	id, word, to := draft, "relief.done.submitted", "/slip"
	if err == nil && f.Do == "submit" {
		id, err = s.Submit(ctx, who, draft, f.Form, files, key)
	} else if err == nil {
		id, err = s.SaveDraft(ctx, who, draft, f.Form, files, key)
		word = "relief.done.draft"
	}
	if err == nil && f.Do != "submit" {
		return web.Done(c, "/desk/relief/drafts/"+id, word)
	}
	if err == nil {
		return web.Done(c, "/desk/relief/cases/"+id+to, word)
	}
	p, perr := s.filePage(c, draft)
	if perr != nil {
		return perr
	}
	f.Kept = nil
	p.Form, p.Kept = f, shown
	return web.Refuse(c, web.Next(err, "/desk/relief/cases/%s"), "relief/form", p)
}

// mistakes joins what is wrong with the fields to what is wrong with the files, so that everything is told at once.
func (s *Relief) mistakes(ctx context.Context, f Form, files []fault.Field) error {
	kinds, err := s.Kinds(ctx)
	if err != nil {
		return err
	}
	var checks fault.Checks
	_, err = f.filing(s.today(), kinds)
	if err := checks.Merge(err); err != nil {
		return err
	}
	for _, b := range files {
		checks.Add(b.Name, b.Code, b.Args...)
	}
	return checks.Err()
}

func (s *Relief) dropDraft(c echo.Context) error {
	if err := s.DropDraft(c.Request().Context(), web.Actor(c), c.Param("id")); err != nil {
		return err
	}
	return web.Done(c, "/desk/relief", "relief.done.dropped")
}

type slipPage struct {
	web.Page
	Case     Case
	Name     string
	Identity string
	Consent  string
}

// slip is the confirmation that the clerk prints for the applicant.
func (s *Relief) slip(c echo.Context) error {
	h, err := s.Sheet(c.Request().Context(), web.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	p := &slipPage{Page: web.Desk(c, words["relief.page.slip"]), Case: h.Case, Name: h.Person.NameMask, Identity: h.Person.IdentityMask, Consent: h.Consent}
	p.Back = &web.Link{Title: h.Number, Href: "/desk/relief/cases/" + h.ID}
	return web.Render(c, "relief/slip", p)
}
