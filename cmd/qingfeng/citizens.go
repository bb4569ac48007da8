package main

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
	"qingfeng/bot/seal"
	"qingfeng/bot/survey"
	"qingfeng/handlers/public"
)

// openSurveys gives the desk its surveys. Tokens are in this instance's memory only.
func (a *app) openSurveys(random io.Reader) error {
	ballots, err := a.ballots()
	if err != nil {
		return err
	}
	a.desk.Surveys = &pg.Surveys{Ballots: *ballots, Now: a.now}
	a.desk.Tokens = survey.NewPool(random)
	return nil
}

// ballots is the ballot side of surveys, all that the citizens' pages get of the store.
func (a *app) ballots() (*pg.Ballots, error) {
	box, err := sealBox(a.cfg)
	if err != nil || box == nil {
		return &pg.Ballots{DB: a.db}, err
	}
	return &pg.Ballots{DB: a.db, Box: ballotBox{box}}, nil
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

// citizensPages are the pages for people whom nobody recognises.
func (a *app) citizensPages() (http.Handler, error) {
	ballots, err := a.ballots()
	if err != nil {
		return nil, err
	}
	return public.New(public.Config{
		Ballots: ballots, Stop: func(words string) bool { return risk.Guard(words) != nil },
		Secure: strings.HasPrefix(a.cfg.PublicURL, "https://"), Log: a.log,
	})
}

// citizensServer serves them without a log of its own or of net/http's.
func (a *app) citizensServer() *http.Server {
	return &http.Server{
		Handler: a.citizens, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: quiet(),
	}
}
