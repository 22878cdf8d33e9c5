package identity

import (
	"context"
	"strconv"
	"unicode/utf8"

	"github.com/google/uuid"

	"care/modules/audit"
	"care/modules/network"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
)

// SignIn checks a login and a password and gives the id for the session. A login that does not exist, a wrong password
// and a disabled account get the same answer after the same work, and logins that do not exist are locked like others,
// so that nobody learns who has an account.
func (s *People) SignIn(ctx context.Context, login, password, ip string) (session string, err error) {
	login = normal(login)
	if login == "" || password == "" || utf8.RuneCountInString(login) > 64 || utf8.RuneCountInString(password) > 256 {
		return "", invalid("login", "identity.wrong")
	}
	p, err := findLogin(ctx, s.db, login)
	if err != nil {
		if err = db.Fault(err); fault.KindOf(err) != fault.NotFound {
			return "", err
		}
		p = &Person{}
	}
	key := unknownKey(login)
	if p.ID != "" {
		key = p.ID
	}
	if err := s.verify(ctx, p, key, password, access.Public(ip), "identity.signin_failed"); err != nil {
		return "", err
	}
	err = s.trail.Do(ctx, audit.Act{Actor: access.Actor{ID: p.ID, IP: ip}, Need: access.SignedIn, Verb: "identity.signin", Subject: p.ID}, func(ctx context.Context, tx *audit.Tx) error {
		// Asked again inside: a right guess that was measured beside the fifth wrong one does not count either.
		t, err := findTries(ctx, tx, key)
		if err != nil {
			return err
		}
		if t.locked(tx.Now) {
			return fault.New(fault.TooMany, "identity.locked")
		}
		if err := clearTries(ctx, tx, key); err != nil {
			return err
		}
		tx.Private("ip", ip)
		return seen(ctx, tx, p, tx.Now)
	})
	return p.session(), err
}

// verify compares a password with an account's and counts a wrong one; p without an id is a login that does not exist.
func (s *People) verify(ctx context.Context, p *Person, key, password string, who access.Actor, verb string) error {
	// A guess keeps its place until it is counted: of many at once, no more are measured beyond the fifth wrong one
	// than there are places.
	leave, err := s.hash.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	t, err := findTries(ctx, s.db, key)
	if err != nil {
		return db.Fault(err)
	}
	if t.locked(s.now()) {
		return fault.New(fault.TooMany, "identity.locked")
	}
	right, err := s.hash.verify(p.Password, password)
	if err != nil {
		return err
	}
	if right && p.mayAct(s.today(), s.demo) {
		return nil
	}
	subject := p.ID
	if subject == "" {
		subject = "identity"
	}
	err = s.trail.Do(ctx, audit.Act{Actor: who, Need: access.Everyone, Verb: verb, Subject: subject}, func(ctx context.Context, tx *audit.Tx) error {
		fails, err := addTry(ctx, tx, key, tx.Now)
		tx.Public("fails", fails)
		tx.Private("ip", who.IP)
		return err
	})
	if err != nil {
		return err
	}
	return invalid("login", "identity.wrong")
}

// SignedOut records that somebody left; the frame ends the session itself.
func (s *People) SignedOut(ctx context.Context, who access.Actor) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: access.SignedIn, Verb: "identity.signout", Subject: who.ID}, func(context.Context, *audit.Tx) error { return nil })
}

// EndSessions signs somebody out everywhere.
func (s *People) EndSessions(ctx context.Context, who access.Actor) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: access.SignedIn, Verb: "identity.end_sessions", Subject: who.ID}, func(ctx context.Context, tx *audit.Tx) error {
		return endSessions(ctx, tx, who.ID)
	})
}

// ChangePassword changes one's own password and ends all sessions; the id for a new one comes back.
func (s *People) ChangePassword(ctx context.Context, who access.Actor, old, password, again string) (session string, err error) {
	p, err := findPerson(ctx, s.db, who.ID)
	if err != nil {
		return "", db.Fault(err)
	}
	var c fault.Checks
	c.Need(old != "", "old", "identity.old_wrong")
	checkPassword(&c, "password", password, again, p.Login)
	c.Need(old != password, "password", "identity.password_same")
	if err := c.Err(); err != nil {
		return "", err
	}
	// A session that was left open must not become a place to try passwords.
	if err := s.verify(ctx, p, p.ID, old, who, "identity.password_failed"); err != nil {
		if fault.KindOf(err) == fault.Invalid {
			return "", invalid("old", "identity.old_wrong")
		}
		return "", err
	}
	hash, err := s.hash.make(ctx, password)
	if err != nil {
		return "", err
	}
	err = s.trail.Do(ctx, audit.Act{Actor: who, Need: access.SignedIn, Verb: "identity.password", Subject: p.ID}, func(ctx context.Context, tx *audit.Tx) error {
		epoch, err := setPassword(ctx, tx, p.ID, hash, &p.Password, tx.Now)
		if err != nil {
			return changed(err)
		}
		session = p.ID + "." + strconv.FormatInt(epoch, 10)
		if err := voidLinks(ctx, tx, linkPassword, p.ID, tx.Now); err != nil {
			return err
		}
		return clearTries(ctx, tx, p.ID)
	})
	return session, err
}

// changed says that the row which was to be changed is not what it was.
func changed(err error) error {
	if fault.KindOf(db.Fault(err)) == fault.NotFound {
		return fault.New(fault.Conflict, "db.changed")
	}
	return err
}

// PasswordLink makes a link, good for a day and for once, by which an account's owner sets a new password. Older ones end.
func (s *People) PasswordLink(ctx context.Context, who access.Actor, id, key string) (url string, err error) {
	token, hash := newToken()
	err = s.trail.Do(ctx, audit.Act{Actor: who, Need: Manage, Verb: "identity.link", Subject: id, Key: key, Input: id}, func(ctx context.Context, tx *audit.Tx) error {
		if id == who.ID {
			return fault.New(fault.Forbidden, "identity.self")
		}
		p, err := s.hold(ctx, tx, who, id, false)
		if err != nil {
			return err
		}
		if p.State != Active {
			return fault.New(fault.Conflict, "identity.disabled")
		}
		if err := voidLinks(ctx, tx, linkPassword, id, tx.Now); err != nil {
			return err
		}
		return insertLink(ctx, tx, &link{Hash: hash, Kind: linkPassword, Person: id, MadeAt: tx.Now, ExpiresAt: tx.Now.Add(linkLife)})
	})
	return s.base + "/password/" + token, err
}

// linkOver is the answer to a link that was used, that ended, or that never was.
func linkOver() error { return fault.New(fault.NotFound, "identity.link_over") }

// LinkFor gives the account whose password a link may set.
func (s *People) LinkFor(ctx context.Context, token string) (*Person, error) {
	l, err := findLink(ctx, s.db, hashToken(token), linkPassword, s.now())
	if err != nil {
		if err = db.Fault(err); fault.KindOf(err) == fault.NotFound {
			return nil, linkOver()
		}
		return nil, err
	}
	p, err := findPerson(ctx, s.db, l.Person)
	if err != nil {
		return nil, db.Fault(err)
	}
	p.Password = ""
	if !p.mayAct(s.today(), s.demo) {
		return nil, linkOver()
	}
	return p, nil
}

// UseLink sets a password by a link; all sessions of the account end. The id for a new one comes back.
func (s *People) UseLink(ctx context.Context, token, password, again, ip string) (session string, err error) {
	p, err := s.LinkFor(ctx, token)
	if err != nil {
		return "", err
	}
	var c fault.Checks
	checkPassword(&c, "password", password, again, p.Login)
	if err := c.Err(); err != nil {
		return "", err
	}
	hash, err := s.hash.make(ctx, password)
	if err != nil {
		return "", err
	}
	err = s.trail.Do(ctx, audit.Act{Actor: access.Actor{ID: p.ID, IP: ip}, Need: access.SignedIn, Verb: "identity.password", Subject: p.ID}, func(ctx context.Context, tx *audit.Tx) error {
		if err := useLink(ctx, tx, hashToken(token), linkPassword, tx.Now); err != nil {
			if fault.CodeOf(err) == "db.changed" {
				return linkOver()
			}
			return err
		}
		epoch, err := setPassword(ctx, tx, p.ID, hash, nil, tx.Now)
		if err != nil {
			return err
		}
		session = p.ID + "." + strconv.FormatInt(epoch, 10)
		tx.Public("by", "link")
		tx.Private("ip", ip)
		return clearTries(ctx, tx, p.ID)
	})
	return session, err
}

// SetupLink makes the link by which the first administrator is made, good for a day and for once;
// "" when there is an administrator who can sign in.
func (s *People) SetupLink(ctx context.Context) (url string, err error) {
	n, err := countHolders(ctx, s.db, Manage.Name, s.today(), s.demo)
	if err != nil || n > 0 {
		return "", db.Fault(err)
	}
	token, hash := newToken()
	err = s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: Manage, Verb: "identity.setup_link", Subject: "identity"}, func(ctx context.Context, tx *audit.Tx) error {
		return insertLink(ctx, tx, &link{Hash: hash, Kind: linkSetup, MadeAt: tx.Now, ExpiresAt: tx.Now.Add(linkLife)})
	})
	return s.base + "/setup/" + token, err
}

// SetupOpen tells whether a set-up link may still be used.
func (s *People) SetupOpen(ctx context.Context, token string) error {
	_, err := findLink(ctx, s.db, hashToken(token), linkSetup, s.now())
	if err = db.Fault(err); err != nil && fault.KindOf(err) == fault.NotFound {
		return linkOver()
	}
	return err
}

// Setup makes the first administrator by a set-up link and gives the id for the session. All other set-up links end with it.
func (s *People) Setup(ctx context.Context, token, name, login, password, again, ip string) (session string, err error) {
	if err := s.SetupOpen(ctx, token); err != nil {
		return "", err
	}
	in := Account{Login: normal(login), Name: name, Area: network.Root}
	var c fault.Checks
	in.check(&c)
	checkPassword(&c, "password", password, again, in.Login)
	if err := c.Err(); err != nil {
		return "", err
	}
	hash, err := s.hash.make(ctx, password)
	if err != nil {
		return "", err
	}
	p := &Person{ID: uuid.Must(uuid.NewV7()).String(), Login: in.Login, Name: in.Name, Area: network.Root, State: Active, Epoch: 1, Version: 1, Password: hash}
	err = s.trail.Do(ctx, audit.Act{Actor: access.Actor{ID: p.ID, IP: ip}, Need: access.SignedIn, Verb: "identity.setup", Subject: p.ID}, func(ctx context.Context, tx *audit.Tx) error {
		// Two links used at once: the second waits here, and then its own link is used.
		if err := holdRole(ctx, tx, Administrator); err != nil {
			return err
		}
		if err := useLink(ctx, tx, hashToken(token), linkSetup, tx.Now); err != nil {
			if fault.CodeOf(err) == "db.changed" {
				return linkOver()
			}
			return err
		}
		if err := voidLinks(ctx, tx, linkSetup, "", tx.Now); err != nil {
			return err
		}
		if n, err := countHolders(ctx, tx, Manage.Name, tx.Today(), s.demo); err != nil || n > 0 {
			return cmpErr(err, linkOver())
		}
		city, err := s.net.AreaIn(ctx, tx, network.Root)
		if err != nil {
			return err
		}
		p.AreaPath, p.MadeAt, p.PasswordAt = city.Path, tx.Now, &tx.Now
		if err := insertPerson(ctx, tx, p); err != nil {
			return used(err)
		}
		tx.Private("ip", ip)
		return insertGrant(ctx, tx, &Grant{ID: uuid.Must(uuid.NewV7()).String(), Person: p.ID, Role: Administrator, ValidFrom: tx.Today(), MadeBy: p.ID, MadeAt: tx.Now})
	})
	return p.session(), err
}
