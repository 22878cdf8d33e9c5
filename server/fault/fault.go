// Package fault names the few ways in which a request can go wrong.
//
// A fault has a kind, which decides the HTTP status, and a code, which is the machine name, the key of the
// Chinese sentence shown to people and the handle used by tests. The cause stays for the log and is never shown.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// A Kind says what went wrong in a way that maps to one HTTP status.
type Kind string

// The kinds, in the order of their HTTP statuses.
const (
	SignIn      Kind = "sign_in"     // 401: nobody is signed in
	Forbidden   Kind = "forbidden"   // 403: the actor may not do this
	NotFound    Kind = "not_found"   // 404: absent, or outside the actor's area
	Conflict    Kind = "conflict"    // 409: somebody was faster, or it is already done
	Unfunded    Kind = "unfunded"    // 409: the fund does not hold enough
	TooLarge    Kind = "too_large"   // 413: more bytes than accepted
	Invalid     Kind = "invalid"     // 422: the input must be changed
	TooMany     Kind = "too_many"    // 429: too many tries
	Internal    Kind = "internal"    // 500: our own mistake
	Unavailable Kind = "unavailable" // 503: a server that we need is away; try again later
)

// Field is one input that must be changed: its form name, the code of the sentence and the sentence's arguments.
type Field struct {
	Name string
	Code string
	Args []any
}

// Error is a fault.
type Error struct {
	Kind   Kind
	Code   string
	Args   []any   // for the Chinese sentence of Code
	Fields []Field // for Invalid: what to change, in the order of the form
	Ref    string  // for an act done before: the subject of the first time
	Href   string  // where to go next, when a handler knows
	Err    error   // the cause, for the log only
}

// Error is for the log; people read the Chinese sentence of Code.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " %s=%s", f.Name, f.Code)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes a fault; args fill the Chinese sentence of code and must not be private.
func New(k Kind, code string, args ...any) error { return &Error{Kind: k, Code: code, Args: args} }

// Wrap makes a fault out of a cause.
func Wrap(k Kind, code string, err error) error { return &Error{Kind: k, Code: code, Err: err} }

// Again is the fault of an act whose key was used before with the same input; ref is the first act's subject.
func Again(ref string) error { return &Error{Kind: Conflict, Code: "audit.again", Ref: ref} }

// IsAgain tells whether err says that the very same act is done already, and the subject it was done to.
func IsAgain(err error) (ref string, ok bool) {
	var e *Error
	if errors.As(err, &e) && e.Code == "audit.again" {
		return e.Ref, true
	}
	return "", false
}

// KindOf gives the kind of err; an error that is no fault is Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// CodeOf gives the code of err, or "" when it is no fault.
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// FieldsOf gives the fields that must be changed.
func FieldsOf(err error) []Field {
	var e *Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}

// Checks collects what is wrong with a form, so that a person sees every mistake at once.
type Checks struct{ fields []Field }

// Add notes that field name must be changed for the reason code.
func (c *Checks) Add(name, code string, args ...any) {
	c.fields = append(c.fields, Field{Name: name, Code: code, Args: args})
}

// Need notes code for name unless ok.
func (c *Checks) Need(ok bool, name, code string, args ...any) {
	if !ok {
		c.Add(name, code, args...)
	}
}

// Merge takes over the fields of err, when err is an Invalid fault; another error is returned.
func (c *Checks) Merge(err error) error {
	if err == nil {
		return nil
	}
	if KindOf(err) != Invalid || len(FieldsOf(err)) == 0 {
		return err
	}
	c.fields = append(c.fields, FieldsOf(err)...)
	return nil
}

// Err gives nil when nothing was noted, else one Invalid fault with all fields.
func (c *Checks) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "form.invalid", Fields: c.fields}
}
