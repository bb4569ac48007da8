package public

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"qingfeng/bot/survey"
	"qingfeng/bot/text"
)

// ballotPage is a sheet to fill in, with what was ticked before when something is missing.
type ballotPage struct {
	survey.Sheet
	Token   string
	Typed   map[string][]string
	Missing []string
	Stopped string
}

// Ticked reports whether an option is chosen already.
func (p ballotPage) Ticked(field, key string) bool { return slices.Contains(p.Typed[field], key) }

// Lacks reports whether a field is not answered as it must be.
func (p ballotPage) Lacks(field string) bool { return slices.Contains(p.Missing, field) }

// Words is what was typed so far.
func (p ballotPage) Words() string { return strings.Join(p.Typed[survey.CommentField], "") }

// ask is the page without a token: it says where one is handed out.
func (s *site) ask(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, "ask", text.BallotTitle, nil)
}

// ballot shows the questions to the holder of a token.
func (s *site) ballot(w http.ResponseWriter, r *http.Request) {
	if err := s.dirty(r); err != nil {
		s.fail(w, err)
		return
	}
	if err := read(r); err != nil {
		s.fail(w, err)
		return
	}
	p := ballotPage{Token: token(r)}
	var err error
	if p.Sheet, err = s.Ballots.Sheet(r.Context(), p.Token); err != nil {
		s.fail(w, err)
		return
	}
	s.show(w, http.StatusOK, "ballot", text.BallotTitle, p)
}

// send takes a ballot. What is wrong with it is said with everything that was ticked.
func (s *site) send(w http.ResponseWriter, r *http.Request) {
	if err := s.dirty(r); err != nil {
		s.fail(w, err)
		return
	}
	if err := read(r); err != nil {
		s.fail(w, err)
		return
	}
	p := ballotPage{Token: token(r), Typed: r.PostForm}
	sheet, err := s.Ballots.Sheet(r.Context(), p.Token)
	if err != nil {
		s.fail(w, err)
		return
	}
	p.Sheet = sheet
	b, missing := sheet.Read(r.PostForm)
	if p.Missing = missing; len(missing) == 0 && b.Comment != "" && s.Stop(b.Comment) {
		p.Stopped, p.Missing = text.BallotStopped, []string{survey.CommentField}
	}
	if len(p.Missing) > 0 {
		s.show(w, http.StatusUnprocessableEntity, "ballot", text.BallotTitle, p)
		return
	}
	if err := s.Ballots.Cast(r.Context(), p.Token, b); err != nil {
		s.fail(w, err)
		return
	}
	s.say(w, http.StatusOK, text.BallotThanks, text.BallotThanksHow)
}

// dirty says that this process is about to hold somebody's words.
func (s *site) dirty(r *http.Request) error {
	if s.Meter == nil {
		return nil
	}
	return s.Meter.Dirty(r.Context())
}

// read reads a form that came in the body; nothing is taken from the address.
func read(r *http.Request) error {
	err := r.ParseForm()
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	if err != nil {
		return survey.ErrSpent // not a form: there is no token in it
	}
	return nil
}

// token is the field that carries it.
func token(r *http.Request) string { return strings.TrimSpace(r.PostFormValue("token")) }
