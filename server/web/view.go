package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"care/server/clock"
	"care/server/money"
)

// Page is what every page shows around its own matter; every page struct embeds it by value.
//
// It is plain data apart from three functions that the frame fills in for each request. They are fields and not template functions,
// so that a parsed template set holds nothing of a request. A zero Page can be rendered: assets then have no hash, words show their code,
// and nobody may do anything.
type Page struct {
	Title     string       // of the document; the layout does not print it as a heading
	Desk      bool         // true: layout of the staff; false: public layout
	Who       Who          // who is signed in
	Nav       []NavGroup   // groups of the side bar on staff pages; on public pages the links of all groups stand in one row
	Flash     *Flash       // what the last act brought, shown once on top
	Errors    []FieldError // what must be mended in the form below, in the order of its fields
	Once      string       // token of this form against double submit, sent as hidden input "once"
	Demo      bool         // the data of this installation is a demonstration
	RequestID string       // for the person who reports a fault
	Path      string       // path and query of this page, the place to come back to
	Org       string       // name of the foundation
	Back      *Link        // where "back" leads, above the heading
	Large     bool         // the visitor has chosen large type
	Contrast  bool         // the visitor has chosen strong contrast
	Hotline   string       // telephone of the foundation, at the same place on every page; "" hides it
	Filing    string       // registration number of the site (ICP), in the foot; "" hides it

	assetURL func(name string) string
	word     func(code string) string
	can      func(perm string) bool
}

// With gives the page its three functions; nil leaves the default of a zero Page.
func (p Page) With(assetURL, word func(string) string, can func(perm string) bool) Page {
	p.assetURL, p.word, p.can = assetURL, word, can
	return p
}

// Who is the person in front of the page.
type Who struct {
	ID, Name string
	Role     string // in Chinese, as shown
	In       bool   // signed in
}

// NavGroup is one group of links with its heading.
type NavGroup struct {
	Title string
	Links []NavLink
}

// NavLink is one entry of the navigation. Count is the number of things that wait there; 0 shows none.
type NavLink struct {
	Title, Href string
	Current     bool
	Count       int
}

// Flash is a message about what just happened. Kind is "ok", "info", "warn" or "bad"; Href and Label make an optional link.
type Flash struct{ Kind, Text, Href, Label string }

// FieldError says in a whole sentence what to do about one field; Field is the name of the input, "" for the form as a whole.
type FieldError struct{ Field, Text string }

// Link is a link with its text.
type Link struct{ Title, Href string }

// Option is one answer to choose from.
type Option struct {
	Value, Label string
	Hint         string // one short line below the label of a radio or check box
	Chosen       bool   // set by Choice and Checks from the value
	Disabled     bool
}

// Pager leads through a list in one direction: First is the address of its beginning, "" while one is there; Next is "" at the end.
type Pager struct{ First, Next string }

// Step is one point of a state line or of a timeline. State is "done", "now", "todo", "bad" or "skip".
type Step struct {
	Title string
	State string
	At    time.Time // zero: not yet
	Who   string    // who did it, as it may be shown here
	Text  string    // a reason or remark
	Href  string    // more about it
}

// When writes the time of the step in Beijing; nothing while it has not come.
func (s Step) When() string {
	if s.At.IsZero() {
		return ""
	}
	return s.At.In(clock.Beijing).Format("2006-01-02 15:04")
}

// Fact is one line of a definition list.
type Fact struct {
	Name, Value string
	Href        string // the value leads there
	Num         bool   // figures: set in equal widths
}

// Part is one share of a bar that shows where money is. Tone is "green", "leaf", "gold", "red" or "sand".
type Part struct {
	Title  string
	Amount money.Fen
	Tone   string
	X, W   string // left edge and width on the bar, such as "12.5%"; computed by NewFlow
	Share  int    // in whole percent, rounded down
}

// Flow is a bar of shares with its description for those who do not see it.
type Flow struct {
	Title string
	Parts []Part
	Total money.Fen
}

// NewFlow computes where the parts stand on the bar. Parts below zero count as nothing.
func NewFlow(title string, parts ...Part) Flow {
	f := Flow{Title: title, Parts: make([]Part, 0, len(parts))}
	for _, p := range parts {
		if p.Amount > 0 {
			f.Total += p.Amount
		}
	}
	var before money.Fen
	for _, p := range parts {
		p.X, p.W = tenths(before, f.Total), "0%"
		if p.Amount > 0 {
			before += p.Amount
			p.W = tenths(p.Amount, f.Total)
			p.Share = percent(p.Amount, f.Total)
		}
		f.Parts = append(f.Parts, p)
	}
	return f
}

// Bar is how much of something is done, in whole percent from 0 to 100.
type Bar struct {
	Label   string
	Percent int
}

// EmptyView says why a list is empty and what one can do.
type EmptyView struct {
	Title, Text string
	Link        *Link
}

// FieldView is one field of a form with everything that belongs to it. It is made by Page.Field, Page.Choice, Page.Checks or Page.Check.
type FieldView struct {
	Name, Label, Value string
	Hint               string // below the label: what to write, with an example
	Error              string // what to mend
	Type               string // type of the input, or "textarea", "select", "file", "radio", "checks", "check", "money"
	Autocomplete       string
	InputMode          string
	Placeholder        string
	Prefix, Suffix     string // shown inside the box, such as a unit
	Accept             string // of a file: the media types
	Min, Max           string // of a date or number
	Width              string // "s", "m" or "" for the whole line
	Look               string // of a choice: "" lines, "inline", "buttons"
	Length             int    // most characters, 0 for no limit
	Rows               int    // of a text area
	Required, Optional bool
	Multiple, Readonly bool
	Focus              bool // put the cursor here
	Big                bool // the form of one question a page
	Checked            bool // of a single check box
	Options            []Option
}

// DescribedBy lists the ids of hint and error for aria-describedby.
func (f FieldView) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.Name+"-error")
	}
	return strings.Join(ids, " ")
}

// MaxLength is the limit for the browser, which counts UTF-16 units where we count characters.
// Rare characters of names take two units, so text gets twice the room and the server has the last word.
func (f FieldView) MaxLength() int {
	if f.InputMode == "numeric" || f.Type == "tel" {
		return f.Length
	}
	return 2 * f.Length
}

// ID is the id of the i-th option; the first has the field's own name, so that the error summary can lead to it.
func (f FieldView) ID(i int) string {
	if i == 0 {
		return f.Name
	}
	return f.Name + "-" + strconv.Itoa(i)
}

// Asset gives the address of an embedded asset under its content hash.
func (p Page) Asset(name string) string {
	if p.assetURL == nil {
		return "/assets/" + name
	}
	return p.assetURL(name)
}

// OrgParts splits the foundation's name behind its city, the one place where a narrow header may break it.
func (p Page) OrgParts() []string {
	const city = "\u5e02" // the character that ends the names of cities
	if place, rest, found := strings.Cut(p.Org, city); found && rest != "" {
		return []string{place + city, rest}
	}
	return []string{p.Org}
}

// Word gives the Chinese word for a state, a kind or an error code.
func (p Page) Word(code string) string {
	if p.word == nil {
		return code
	}
	return p.word(code)
}

// Can tells whether the person in front of the page has a permission, such as "donations.receive".
func (p Page) Can(perm string) bool { return p.can != nil && p.can(perm) }

// Date writes the civil date of an instant in Beijing in full; nothing for the zero time.
func (p Page) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(clock.Beijing).Format(layoutDate)
}

// Day writes a civil date in full; nothing for no date.
func (p Page) Day(d clock.Day) string { return p.Date(d.Time()) }

// Stamp writes month, day and minute of an instant in Beijing.
func (p Page) Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(clock.Beijing).Format(layoutStamp)
}

// Moment writes date and second of an instant in Beijing, for records.
func (p Page) Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(clock.Beijing).Format(time.DateTime)
}

// ISO writes an instant for the datetime attribute of the time element.
func (p Page) ISO(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Money writes an amount with its sign of currency and separators.
func (p Page) Money(f money.Fen) string { return f.Yuan() }

// Num writes a whole number with separators.
func (p Page) Num(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	for i, r := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return sign + b.String()
}

// Err gives the error of a field, "" when it has none.
func (p Page) Err(field string) string {
	for _, e := range p.Errors {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// Field makes a field of one value. Options, all optional and in any order:
//
//	required, optional, readonly, focus, big, multiple
//	type=tel (text, email, date, password, search, file, textarea, money …), mode=numeric, auto=tel, max=50 (characters),
//	rows=4 (makes a text area), hint=…, place=…, prefix=…, suffix=…, accept=image/*, from=…, to=… (dates, numbers), width=s|m
//
// An unknown option is an error, so that a slip of the pen stops the page in its first test.
func (p Page) Field(name, label, value string, opts ...string) (FieldView, error) {
	f := FieldView{Name: name, Label: label, Value: value, Type: "text", Error: p.Err(name)}
	return f, f.apply(opts)
}

// Options makes options from pairs of value and label, for short lists that a template knows itself.
func (p Page) Options(pairs ...string) ([]Option, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("web: options %q are not pairs", pairs)
	}
	out := make([]Option, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, Option{Value: pairs[i], Label: pairs[i+1]})
	}
	return out, nil
}

// Choice makes a field with one answer out of several: radio buttons, or a drop-down list with the option "select".
// Looks of radio buttons: look=inline, look=buttons. The other options are those of Field.
func (p Page) Choice(name, label, value string, options []Option, opts ...string) (FieldView, error) {
	f := FieldView{Name: name, Label: label, Value: value, Type: "radio", Error: p.Err(name), Options: make([]Option, len(options))}
	for i, o := range options {
		o.Chosen = o.Value == value
		f.Options[i] = o
	}
	return f, f.apply(opts)
}

// Checks makes a field with any number of answers; values are those that are ticked.
func (p Page) Checks(name, label string, values []string, options []Option, opts ...string) (FieldView, error) {
	f := FieldView{Name: name, Label: label, Type: "checks", Error: p.Err(name), Options: make([]Option, len(options))}
	for i, o := range options {
		o.Chosen = false
		for _, v := range values {
			o.Chosen = o.Chosen || v == o.Value
		}
		f.Options[i] = o
	}
	return f, f.apply(opts)
}

// Check makes a single box to tick, such as a consent; it is sent as name=1.
func (p Page) Check(name, label string, checked bool, opts ...string) (FieldView, error) {
	f := FieldView{Name: name, Label: label, Value: "1", Type: "check", Checked: checked, Error: p.Err(name)}
	return f, f.apply(opts)
}

// Progress makes a bar of part out of whole. A goal of nothing is nothing done; more than the goal is full.
func (p Page) Progress(label string, part, whole money.Fen) Bar {
	return Bar{Label: label, Percent: min(100, percent(part, whole))}
}

// Empty makes the empty state of a list; href and its text are optional.
func (p Page) Empty(title, text string, link ...string) EmptyView {
	e := EmptyView{Title: title, Text: text}
	if len(link) == 2 {
		e.Link = &Link{Href: link[0], Title: link[1]}
	}
	return e
}

// apply reads the options of one field.
func (f *FieldView) apply(opts []string) error {
	for _, o := range opts {
		key, val, has := strings.Cut(o, "=")
		if !f.set(key, val, has) {
			return fmt.Errorf("web: field %s has the unknown option %q", f.Name, o)
		}
	}
	return nil
}

// set applies one option and tells whether it exists.
func (f *FieldView) set(key, val string, has bool) bool {
	if !has {
		switch key {
		case "required":
			f.Required = true
		case "optional":
			f.Optional = true
		case "readonly":
			f.Readonly = true
		case "focus":
			f.Focus = true
		case "big":
			f.Big = true
		case "multiple":
			f.Multiple = true
		case "select":
			f.Type = "select"
		default:
			return false
		}
		return true
	}
	switch key {
	case "type":
		f.Type = val
	case "mode":
		f.InputMode = val
	case "auto":
		f.Autocomplete = val
	case "hint":
		f.Hint = val
	case "place":
		f.Placeholder = val
	case "prefix":
		f.Prefix = val
	case "suffix":
		f.Suffix = val
	case "accept":
		f.Accept = val
	case "from":
		f.Min = val
	case "to":
		f.Max = val
	case "width":
		f.Width = val
	case "look":
		f.Look = val
	case "max", "rows":
		n, err := strconv.Atoi(val)
		if err != nil || n <= 0 {
			return false
		}
		if key == "max" {
			f.Length = n
		} else {
			f.Rows, f.Type = n, "textarea"
		}
	default:
		return false
	}
	return true
}

// percent is part/whole in whole percent, rounded down, 0 when there is nothing to compare.
func percent(part, whole money.Fen) int {
	if part <= 0 || whole <= 0 {
		return 0
	}
	return int(part * 100 / whole) // both are at most money.Max, far from the limit of int64
}

// tenths is part/whole as a percentage with one decimal.
func tenths(part, whole money.Fen) string {
	if part <= 0 || whole <= 0 {
		return "0%"
	}
	n := int64(part) * 1000 / int64(whole)
	return strconv.FormatInt(n/10, 10) + "." + strconv.FormatInt(n%10, 10) + "%"
}
