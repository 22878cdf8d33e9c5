package templates

import (
	"bytes"
	"embed"
	"fmt"
	html "html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
	text "text/template"
)

//go:embed mail/*
var letters embed.FS

// mailDir holds the letters: <kind>.txt with the blocks "subject" and "text", <kind>.html with the block "body", and the frames around them.
const mailDir = "mail/"

// Mail is what a letter is written from.
type Mail struct {
	Org, Hotline string
	Base         string // address that people use
	Day          string // of the letter, as people read it
	Demo         bool
	D            any // what the letter is about
}

// Mails is every letter of the platform, parsed. It is safe for many acts at once.
type Mails struct {
	texts map[string]*text.Template
	pages map[string]*html.Template
}

// ParseMails reads all letters.
func ParseMails() (*Mails, error) { return parseMails(letters) }

func parseMails(files fs.FS) (*Mails, error) {
	m := &Mails{texts: map[string]*text.Template{}, pages: map[string]*html.Template{}}
	names, err := fs.Glob(files, mailDir+"*.txt")
	if err != nil {
		return nil, fmt.Errorf("templates: mail: %w", err)
	}
	for _, name := range names {
		kind := strings.TrimSuffix(path.Base(name), ".txt")
		if strings.HasPrefix(kind, "_") {
			continue
		}
		if m.texts[kind], err = text.New(kind).Option("missingkey=error").ParseFS(files, mailDir+"_frame.txt", name); err != nil {
			return nil, fmt.Errorf("templates: %s: %w", name, err)
		}
		if m.pages[kind], err = html.New(kind).Option("missingkey=error").ParseFS(files, mailDir+"_frame.html", mailDir+kind+".html"); err != nil {
			return nil, fmt.Errorf("templates: mail: %s: %w", kind, err)
		}
	}
	return m, nil
}

// Kinds lists the letters in order.
func (m *Mails) Kinds() []string {
	kinds := make([]string, 0, len(m.texts))
	for k := range m.texts {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	return kinds
}

// Render writes a letter: its subject, its plain text and its HTML.
func (m *Mails) Render(kind string, data Mail) (subject, plain, page string, err error) {
	t, h := m.texts[kind], m.pages[kind]
	if t == nil || h == nil {
		return "", "", "", fmt.Errorf("%w: letter %s", ErrNoPage, kind)
	}
	var s, p, b bytes.Buffer
	if err := t.ExecuteTemplate(&s, "subject", data); err != nil {
		return "", "", "", fmt.Errorf("templates: letter %s: %w", kind, err)
	}
	if err := t.ExecuteTemplate(&p, "_frame.txt", data); err != nil {
		return "", "", "", fmt.Errorf("templates: letter %s: %w", kind, err)
	}
	if err := h.ExecuteTemplate(&b, "_frame.html", data); err != nil {
		return "", "", "", fmt.Errorf("templates: letter %s: %w", kind, err)
	}
	return strings.TrimSpace(s.String()), strings.TrimSpace(p.String()) + "\n", strings.TrimSpace(b.String()) + "\n", nil
}
