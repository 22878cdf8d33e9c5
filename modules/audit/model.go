package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"care/server/access"
	"care/server/fault"
)

// Entry is one act in the record (审计记录). The leaf format is fixed: whoever holds an entry's fields can compute its hash.
type Entry struct {
	bun.BaseModel `bun:"table:audit_entries,alias:e"`
	ID            string    `bun:",pk"` // UUIDv7: sortable by time
	At            time.Time // of the act, UTC microseconds
	Actor         string    // person id, "public" or "system"
	Verb          string    // module.verb
	Subject       string    // id of what it was done to
	Public        string    // JSON object of facts that anybody may see
	Salt          string    // 16 random bytes, hex; makes the commitment say nothing by itself
	Commitment    string    // SHA-256 of salt and the private facts' JSON, hex
}

// Leaf gives the bytes that are sealed for an entry: version 1, a JSON array of its fields in this order.
func (e *Entry) Leaf() []byte {
	b, err := json.Marshal([]any{1, e.ID, e.At.UnixMicro(), e.Actor, e.Verb, e.Subject, json.RawMessage(e.Public), e.Commitment})
	if err != nil {
		return fmt.Appendf(nil, "unreadable entry %s", e.ID)
	}
	return b
}

// Commit computes the commitment to private facts; a person erased later leaves only this hash.
func Commit(salt string, private map[string]any) (string, error) {
	b, err := json.Marshal(private) // maps are written with sorted keys
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append([]byte(salt+"\n"), b...))
	return hex.EncodeToString(sum[:]), nil
}

type key struct {
	bun.BaseModel `bun:"table:audit_keys"`
	Key           string `bun:",pk"`
	Input         string
	Entry         string
}

// Act describes what is about to be done.
type Act struct {
	Actor   access.Actor
	Need    access.Perm // checked again here, whatever the route said; Everyone for acts of the public
	Verb    string      // module.verb
	Subject string      // id of what it is done to; an act that makes something new calls Tx.Subject
	Key     string      // "" or the key under which this act happens once
	Input   any         // what the act was asked to do, hashed beside the key
}

func (a Act) inputHash() (string, error) {
	if a.Key == "" {
		return "", nil
	}
	b, err := json.Marshal(a.Input)
	if err != nil {
		return "", fmt.Errorf("act %s: %w", a.Verb, err)
	}
	sum := sha256.Sum256(append([]byte(a.Verb+"\n"), b...))
	return hex.EncodeToString(sum[:]), nil
}

// Note collects what one act leaves in the record.
type Note struct {
	subject string
	public  map[string]any
	private map[string]any
}

// Subject names what the act made.
func (n *Note) Subject(id string) { n.subject = id }

// Public adds a fact that anybody may see: ids, numbers of papers, amounts in fen, states. Never names.
func (n *Note) Public(k string, v any) { n.public[k] = v }

// Private adds a fact of which only a salted commitment is kept.
func (n *Note) Private(k string, v any) { n.private[k] = v }

func checkActs(acts []Act) []error {
	errs := make([]error, len(acts))
	for i, a := range acts {
		if a.Verb == "" || a.Actor.ID == "" {
			errs[i] = fault.New(fault.Internal, "audit.incomplete")
		} else {
			errs[i] = a.Actor.Need(a.Need)
		}
	}
	return errs
}
