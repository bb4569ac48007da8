package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
	"qingfeng/bot/seal"
	"qingfeng/bot/survey"
	"qingfeng/handlers/public"
)

// openSurveys gives the desk its surveys. Tokens are in this instance's memory only.
func (a *app) openSurveys(random io.Reader) error {
	ballots, err := ballotsOf(a.cfg, a.db)
	if err != nil {
		return err
	}
	surveys := &pg.Surveys{Ballots: *ballots, Now: a.now}
	a.desk.Surveys, a.desk.OpenSurveys = surveys, surveys
	a.desk.Tokens = survey.NewPool(random)
	return nil
}

// ballotsOf is the ballot side of surveys, all that the citizens' pages get of the store.
func ballotsOf(cfg Config, db *pg.DB) (*pg.Ballots, error) {
	box, err := sealBox(cfg)
	if err != nil || box == nil {
		return &pg.Ballots{DB: db}, err
	}
	return &pg.Ballots{DB: db, Box: ballotBox{box}}, nil
}

// ballotBox closes waiting ballots under the unit's sealing key. The key's name goes before
// the ballot, so that keys may change while a survey runs.
type ballotBox struct{ box *seal.Box }

func aboutBallot(survey int64) seal.About {
	return seal.About{Object: "survey", ID: survey, Field: "ballot"}
}

func (b ballotBox) Close(survey int64, plain []byte) ([]byte, error) {
	key, closed, err := b.box.Seal(aboutBallot(survey), plain)
	return append([]byte(key+"\n"), closed...), err
}

func (b ballotBox) Open(survey int64, closed []byte) ([]byte, error) {
	for i, c := range closed {
		if c == '\n' {
			return b.box.Open(aboutBallot(survey), string(closed[:i]), closed[i+1:])
		}
	}
	return nil, errors.New("a ballot without its key's name")
}

// citizensParts is what the citizens' pages get, wherever they are served.
type citizensParts struct {
	DB     *pg.DB
	Now    func() time.Time
	Meter  public.Meter
	Outer  public.Outer
	Proofs []byte // HMAC key of proofs
	Log    *slog.Logger
}

// newCitizensPages are the pages for people whom nobody recognises.
func newCitizensPages(cfg Config, p citizensParts) (http.Handler, error) {
	ballots, err := ballotsOf(cfg, p.DB)
	if err != nil {
		return nil, err
	}
	believed, err := proxies(cfg.TrustedProxies)
	if err != nil {
		return nil, err
	}
	store := &pg.Citizens{Ballots: *ballots, Today: p.Now}
	return public.New(public.Config{
		Ballots: store, Stop: func(words string) bool { return risk.Guard(words) != nil },
		Secure: strings.HasPrefix(cfg.PublicURL, "https://"), Log: p.Log,
		Store: store, Meter: p.Meter, Outer: p.Outer, Door: whichDoor, Key: p.Proofs, Proxies: believed, Now: p.Now,
	})
}

// whichDoor reads an opinion before it is taken: does it tell what some person did, or
// hold what must not be sent at all.
func whichDoor(words string) (report, stopped bool, why string) {
	c := risk.Door(words)
	for _, why = range c.Found {
		if why != "" {
			break
		}
	}
	return c.Kind == risk.DoorReport, c.Kind == risk.DoorStopped, why
}

// proofKey signs the proofs' challenges: one for all instances where they share a sealing
// key, so that a challenge of one is taken by another.
func proofKey(cfg Config) []byte {
	if cfg.SealKey == "" {
		key := make([]byte, sha256.Size)
		_, _ = rand.Read(key) // never fails
		return key
	}
	mac := hmac.New(sha256.New, []byte(cfg.SealKey))
	mac.Write([]byte("qingfeng/proof/1"))
	return mac.Sum(nil)
}

// citizensHere serves the citizens' pages in this process, for a story, which has a clock
// of its own and nothing to hide. A turn of the outer key waits for what is under way.
func (a *app) citizensHere() http.Handler {
	pages := sync.OnceValues(func() (http.Handler, error) {
		keys, err := a.outer()
		if err != nil {
			return nil, err
		}
		return newCitizensPages(a.cfg, citizensParts{DB: a.db, Now: a.now, Meter: a.meter, Outer: keys, Proofs: a.proofs, Log: a.log})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.here.RLock()
		defer a.here.RUnlock()
		h, err := pages()
		if err != nil {
			a.log.Error("citizens' pages", "err", err)
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			return
		}
		h.ServeHTTP(w, r)
	})
}
