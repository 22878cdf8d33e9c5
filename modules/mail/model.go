package mail

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Private names the columns that are kept sealed.
var Private = []string{"mail_letters.address", "mail_letters.body", "mail_tries.said"}

// State of a letter.
type State string

// The states: 待发送, 发送中, 已送出, 未发送, 发送失败, 已过时.
const (
	Waiting State = "waiting" // until NextAt
	Sending State = "sending" // by a server whose lease ends at NextAt
	Sent    State = "sent"    // the mail server has taken it
	Kept    State = "kept"    // there is no mail server
	Failed  State = "failed"  // refused for good, or tried too often
	Expired State = "expired" // its use was over before it could be sent
)

// States lists the states in the order of a letter's life.
func States() []State { return []State{Waiting, Sending, Sent, Kept, Failed, Expired} }

// Ways of sending.
const (
	ByMail = "mail"
	ByText = "text"
)

// Letter asks for a message inside an act.
type Letter struct {
	To     string        // e-mail address; nothing is sent to ""
	Phone  string        // instead of To: a text message, where a Texter is set
	Kind   string        // its templates are templates/mail/<kind>.txt and .html, its title the word "mail.kind.<kind>"
	Ref    string        // what it is about, such as "donation/<id>"
	Data   any           // what the templates show as .D
	Secret bool          // a code: nobody at the desk may read it, and it is erased when its use is over
	Within time.Duration // how long it is of use; 0: until somebody reads it
	Most   int           // most letters of the kind to the address within a day, for acts that anybody can do; 0: as many as there are
}

// Texter sends short messages. There is none unless the composition gives one.
type Texter interface {
	Text(ctx context.Context, phone, text string) error
}

// message is what is sealed of a letter.
type message struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

// Row is one letter as it is stored.
type Row struct {
	bun.BaseModel `bun:"table:mail_letters,alias:l"`
	ID            string `bun:",pk"`
	Kind, Ref     string
	Way           string
	Address       string // sealed
	AddressIndex  string
	Masked        string // address for the desk
	Body          string // sealed; "" when it was erased
	Secret        bool
	MessageID     string // the same for each try, so that a receiver can tell a letter that comes twice
	State         State
	Reason        string // code of the last trouble
	Tries         int64
	Round         int64 // tries since it was sent off or sent off again
	NextAt        *time.Time
	UntilAt       *time.Time
	AgainOf       string `bun:",nullzero"`
	MadeBy        string
	MadeAt        time.Time
	SentAt        *time.Time
}

// Try is one attempt to send a letter.
type Try struct {
	bun.BaseModel `bun:"table:mail_tries,alias:t"`
	Letter        string `bun:",pk"`
	N             int64  `bun:",pk"`
	At            time.Time
	EndedAt       *time.Time
	Outcome       string // "" while it is made
	Reason        string
	Code          int64  // of the mail server, 0 for none
	Said          string // sealed: servers repeat the address
}

// Outcomes of a try.
const (
	sent    = "sent"
	later   = "later"
	refused = "refused"
)

// Bounce is an address that nobody has.
type Bounce struct {
	bun.BaseModel `bun:"table:mail_addresses,alias:b"`
	AddressIndex  string `bun:",pk"`
	Masked        string
	Letter        string
	Reason        string
	At            time.Time
}

// lease is how long a try may take before another one may be made: longer than a session with the mail server.
const lease = 2 * time.Minute

// wait gives how long to wait after the n-th try of a round that met a trouble which may pass; false: no more.
// The whole takes two days, as mail servers do themselves.
func wait(n int64) (time.Duration, bool) {
	steps := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour}
	if n < 1 || n > int64(len(steps)) {
		return 0, false
	}
	return steps[n-1], true
}

// keepBody is how long the text of a letter is kept after it was sent, for questions about it.
const keepBody = 180 * 24 * time.Hour

// key is the row's name for what is sealed in it.
func (t *Try) key() string { return fmt.Sprint(t.Letter, "/", t.N) }
