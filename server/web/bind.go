package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"care/server/fault"
)

// Upload says where the files of a form go. Put streams one file away and gives back the reference by which the act knows it;
// a file that it refuses is an Invalid fault, whose code is shown beside the field.
type Upload struct {
	Max   int64 // bytes of one file
	Count int   // files of the whole form
	Put   func(ctx context.Context, field, name string, r io.Reader) (ref string, err error)
}

// File is one uploaded file.
type File struct{ Field, Name, Ref string }

// Files is what an upload brought: the files that were kept and the faults of those that were not.
type Files struct {
	Kept   []File
	Faults []fault.Field
}

// Refs gives the references of the files of one field.
func (f Files) Refs(field string) []string {
	var out []string
	for _, k := range f.Kept {
		if k.Field == field {
			out = append(out, k.Ref)
		}
	}
	return out
}

const (
	maxText    = 1 << 20 // bytes of all text fields of one form
	maxRefused = 100     // files of one form that are refused by name; nobody reads more
)

// Bind reads a form into dst, a pointer to a struct with `form:"name"` tags on string, []string and bool fields.
// Text is checked to be UTF-8 and cleaned: no control characters, no invisible ones, no blanks around it.
// Typed values are made from it by the form itself, so that what a person typed can be shown again.
func Bind(c echo.Context, dst any) error {
	_, err := bind(c, dst, nil)
	return err
}

// BindFiles reads a form with files; the files are streamed to up.Put while the request is read.
func BindFiles(c echo.Context, dst any, up Upload) (Files, error) { return bind(c, dst, &up) }

func bind(c echo.Context, dst any, up *Upload) (Files, error) {
	r := c.Request()
	if r.Method == http.MethodGet {
		return Files{}, fill(dst, r.URL.Query())
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return Files{}, fault.Wrap(fault.Invalid, "form.unreadable", err)
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		b, err := io.ReadAll(io.LimitReader(r.Body, maxText+1))
		if err != nil {
			return Files{}, unreadable(err)
		}
		if len(b) > maxText {
			return Files{}, fault.New(fault.TooLarge, "form.too_large")
		}
		vs, err := url.ParseQuery(string(b))
		if err != nil {
			return Files{}, fault.Wrap(fault.Invalid, "form.unreadable", err)
		}
		c.Set("form", vs)
		return Files{}, fill(dst, vs)
	case "multipart/form-data":
		vs, files, err := readParts(r.Context(), multipart.NewReader(r.Body, params["boundary"]), up)
		if err != nil {
			return files, err
		}
		c.Set("form", vs)
		return files, fill(dst, vs)
	}
	return Files{}, fault.New(fault.Invalid, "form.unreadable")
}

func unreadable(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return fault.Wrap(fault.TooLarge, "form.too_large", err)
	}
	return fault.Wrap(fault.Invalid, "form.unreadable", err)
}

func readParts(ctx context.Context, mr *multipart.Reader, up *Upload) (url.Values, Files, error) {
	vs, files, text := url.Values{}, Files{}, int64(0)
	for {
		p, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			return vs, files, nil
		}
		if err != nil {
			return vs, files, unreadable(err)
		}
		name := p.FormName()
		if p.FileName() == "" {
			b, err := io.ReadAll(io.LimitReader(p, maxText-text+1))
			if err != nil {
				return vs, files, unreadable(err)
			}
			if text += int64(len(b)); text > maxText {
				return vs, files, fault.New(fault.TooLarge, "form.too_large")
			}
			if p.Header.Get("Content-Type") == "" || name != "" && !strings.HasPrefix(p.Header.Get("Content-Disposition"), "attachment") {
				if _, isFile := dispositionFile(p); !isFile {
					vs.Add(name, string(b))
				}
			}
			continue
		}
		if err := keep(ctx, p, up, &files); err != nil {
			return vs, files, err
		}
	}
}

// dispositionFile tells an empty file field (filename="") from a text field.
func dispositionFile(p *multipart.Part) (string, bool) {
	_, params, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
	if err != nil {
		return "", false
	}
	n, ok := params["filename"]
	return n, ok
}

func keep(ctx context.Context, p *multipart.Part, up *Upload, files *Files) error {
	field, name := p.FormName(), cleanLine(strings.ToValidUTF8(p.FileName(), "?"))
	refuse := func(code string, args ...any) error {
		if len(files.Faults) == maxRefused {
			return fault.New(fault.TooLarge, "form.too_large")
		}
		files.Faults = append(files.Faults, fault.Field{Name: field, Code: code, Args: args})
		// The rest is read and thrown away, so that the browser gets to hear the answer instead of a reset.
		if _, err := io.Copy(io.Discard, p); err != nil {
			return unreadable(err)
		}
		return nil
	}
	switch {
	case up == nil || up.Put == nil:
		return refuse("form.no_files")
	case len(files.Kept) >= up.Count:
		return refuse("form.too_many_files", up.Count)
	}
	limited := &capped{r: p, left: up.Max}
	ref, err := up.Put(ctx, field, name, limited)
	switch {
	case limited.over:
		return refuse("form.file_too_large", name, up.Max>>20)
	case fault.KindOf(err) == fault.Invalid && err != nil:
		return refuse(fault.CodeOf(err), name)
	case err != nil:
		return err
	}
	files.Kept = append(files.Kept, File{Field: field, Name: name, Ref: ref})
	return nil
}

var errCapped = errors.New("web: file too large")

type capped struct {
	r    io.Reader
	left int64
	over bool
}

func (l *capped) Read(b []byte) (int, error) {
	if l.over {
		return 0, errCapped
	}
	if int64(len(b)) > l.left+1 {
		b = b[:l.left+1]
	}
	n, err := l.r.Read(b)
	if l.left -= int64(n); l.left < 0 {
		l.over = true
		return 0, errCapped
	}
	return n, err
}

// Token gives the form's token against double submit; a form without one is refused.
func Token(c echo.Context) (string, error) {
	vs, _ := c.Get("form").(url.Values)
	t := vs.Get("once")
	if len(t) < 16 || len(t) > 64 {
		return "", fault.New(fault.Invalid, "form.no_token")
	}
	return t, nil
}

func fill(dst any, vs url.Values) error {
	var bad fault.Checks
	if err := fillFields(reflect.ValueOf(dst).Elem(), vs, &bad); err != nil {
		return err
	}
	return bad.Err()
}

// fillFields fills the tagged fields of a struct and of the structs embedded in it.
func fillFields(v reflect.Value, vs url.Values, bad *fault.Checks) error {
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("form")
		if name == "" {
			if v.Type().Field(i).Anonymous && v.Field(i).Kind() == reflect.Struct {
				if err := fillFields(v.Field(i), vs, bad); err != nil {
					return err
				}
			}
			continue
		}
		f, got := v.Field(i), vs[name]
		switch f.Interface().(type) {
		case string:
			if len(got) > 0 {
				f.SetString(text(got[0], name, bad))
			}
		case []string:
			out := make([]string, 0, len(got))
			for _, g := range got {
				out = append(out, text(g, name, bad))
			}
			f.Set(reflect.ValueOf(out))
		case bool:
			f.SetBool(len(got) > 0 && got[0] != "" && got[0] != "0")
		default:
			return fmt.Errorf("web: form field %s has a type that cannot be bound", name)
		}
	}
	return nil
}

func text(s, name string, bad *fault.Checks) string {
	if !utf8.ValidString(s) {
		bad.Add(name, "form.text")
		return cleanText(strings.ToValidUTF8(s, "�"))
	}
	return cleanText(s)
}

// cleanText drops what cannot be seen and can deceive: control characters but line breaks and tabs, direction marks,
// zero-width characters and variation selectors. Letters and signs of every script stay as they were typed.
func cleanText(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Noncharacter_Code_Point, r):
			return -1
		}
		return r
	}, s))
}

func cleanLine(s string) string { return strings.Join(strings.Fields(cleanText(s)), " ") }
