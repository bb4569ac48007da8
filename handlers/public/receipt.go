package public

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/text"
)

// receiptPage shows a receipt, once.
type receiptPage struct {
	draft
	Receipt string
	Today   string
}

// lookupPage asks for a receipt.
type lookupPage struct {
	Receipt string
	Wrong   string
	Secure  bool
}

// answerPage is what lies under a receipt.
type answerPage struct {
	Kept
	Receipt   string
	Is, Means string
	Outcome   string
	Answer    string
	Locked    bool // there is an answer, and it does not open
	Late      bool // the promised day is over
	Lines     bool // a line may be added
	Done      string
	Form      draft // of the line
}

func (s *site) lookup(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, "lookup", text.PublicTitleLookup, lookupPage{Secure: s.Secure})
}

// Reading asks for no proof: who reads has waited for it, perhaps with an old phone. 75
// bits behind argon2id need no other guard against guessing; a bucket that asks much
// waits, which costs us nothing.
const (
	calm      = 100_000 // up to this price nobody waits
	waitStep  = 50 * time.Millisecond
	waitLimit = 4 * time.Second
)

func wait(price int64) time.Duration {
	if price <= calm {
		return 0
	}
	return min(time.Duration(price/calm)*waitStep, waitLimit)
}

// answer shows what lies under a receipt, and takes a line more.
func (s *site) answer(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	broken := func(err error) {
		s.fault(err)
		s.say(w, http.StatusServiceUnavailable, text.BallotBroken, text.PublicBrokenHow)
	}
	if err := s.dirty(r); err != nil {
		broken(err)
		return
	}
	f, err := s.form(r, nobody)
	if err != nil {
		say := text.PublicNotForm
		if errors.Is(err, errLarge) {
			say = text.PublicTooMuch
		}
		s.say(w, http.StatusBadRequest, text.BallotBroken, say)
		return
	}
	p := lookupPage{Secure: s.Secure, Receipt: f.Get("receipt")}
	receipt, err := letter.ParseReceipt(p.Receipt)
	if err != nil {
		if p.Wrong = text.PublicSlip; length(p.Receipt) > 60 {
			p.Receipt = ""
		}
		s.show(w, http.StatusOK, "lookup", text.PublicTitleLookup, p)
		return
	}
	if err := s.delay(r); err != nil {
		broken(err)
		return
	}
	kept, key, err := s.find(ctx, receipt)
	if errors.Is(err, ErrNoLetter) {
		p.Wrong = text.PublicNoAnswer
		s.show(w, http.StatusOK, "lookup", text.PublicTitleLookup, p)
		return
	}
	if err != nil {
		broken(err)
		return
	}
	a := s.opened(kept, key, receipt)
	if f.Has("text") && a.Lines {
		s.line(r, &a, receipt, f)
	} else if f.Has("text") {
		a.Done = text.PublicNoLine
	}
	if a.Lines && a.Form.Proof == (proof{}) {
		if a.Form.Proof, err = s.newProof(r); err != nil {
			s.fault(err)
		}
	}
	title := text.PublicTitleAnswer
	if len(a.Form.Wrong) > 0 {
		title = fmt.Sprintf(text.PublicTitleNot, a.Form.Wrong[0].Say)
	}
	s.show(w, http.StatusOK, "answer", title, a)
}

// delay lets whoever asks very often wait.
func (s *site) delay(r *http.Request) error {
	b, err := s.bucket(r)
	if err != nil {
		return err
	}
	price, err := s.Meter.Price(r.Context(), b)
	if err != nil {
		return err
	}
	select {
	case <-time.After(wait(price)):
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

// find looks for what a receipt opens. What is not there costs as much as what does not
// fit, and says the same: ErrNoLetter.
func (s *site) find(ctx context.Context, receipt letter.Receipt) (Kept, *letter.ReceiptKey, error) {
	kept, err := s.Store.Letter(ctx, receipt.Selector())
	none := errors.Is(err, ErrNoLetter)
	if err != nil && !none {
		return Kept{}, nil, err
	}
	if none || len(kept.Salt) == 0 {
		kept = Kept{Salt: make([]byte, letter.SaltSize)}
	}
	key, err := s.stretch(ctx, receipt, kept.Salt)
	if err != nil {
		return Kept{}, nil, err
	}
	if !key.Fits(kept.AnswerTo) || none {
		return Kept{}, nil, ErrNoLetter
	}
	return kept, key, nil
}

// opened is the page of what was found.
func (s *site) opened(kept Kept, key *letter.ReceiptKey, receipt letter.Receipt) answerPage {
	a := answerPage{Kept: kept, Receipt: receipt.Code(), Outcome: text.PublicOutcome(string(kept.Outcome))}
	a.Is, a.Means = text.PublicState(string(kept.State), kept.Door == opinion.Discipline)
	if len(kept.Answer) > 0 {
		raw, err := key.Open(kept.Answer)
		a.Answer, a.Locked = string(raw), err != nil
		clear(raw)
	}
	if kept.State.Waits() {
		a.Late = kept.Door == opinion.Office && !kept.DueOn.IsZero() && s.today() > kept.DueOn.Format(time.DateOnly)
	}
	a.Lines = kept.State != opinion.Purged // of what was moved away, to whoever has it now
	a.Form = draft{Door: kept.Door, Secure: s.Secure}
	return a
}

// line takes one line more, sealed to the door of what it belongs to.
func (s *site) line(r *http.Request, a *answerPage, receipt letter.Receipt, f fields) {
	d := &a.Form
	d.Text = words(f.Get("text"))
	d.Code = a.Notice
	stop := func(left int, why wrong) {
		d.Wrong = append(d.Wrong, why)
		d.Text = echo(d.Text)
		d.Proof.Paid = s.paid(left)
	}
	left, why, err := s.prove(r, f)
	switch {
	case err != nil:
		s.fault(err)
		stop(0, wrong{"", text.PublicBusy})
		return
	case why != "":
		stop(0, wrong{"answer", why})
		return
	}
	// The checks of an opinion, on a notice that takes everything.
	f.Set("kind", "")
	if bad := s.check(d, Published{Taking: true, Tips: true}, fields{Values: f.Values}); bad != nil {
		stop(left, bad[0])
		return
	}
	if d.Found != "" {
		stop(max(left, 1), wrong{"text", fmt.Sprintf(text.PublicLineReport, d.Found)})
		return
	}
	if err := s.postLine(r.Context(), a, receipt); err != nil {
		say := text.PublicBusy
		if errors.Is(err, ErrNoDoor) {
			say = text.PublicNoDoor
		} else {
			s.fault(err)
		}
		stop(max(left, 1), wrong{"", say})
		return
	}
	a.Done = text.PublicLineDone
	a.Form = draft{Door: a.Door, Secure: s.Secure}
}

func (s *site) postLine(ctx context.Context, a *answerPage, receipt letter.Receipt) error {
	to, err := s.Store.Recipients(ctx, a.Door)
	if err != nil {
		return err
	}
	body, err := sealWords(a.Form.Text, to)
	if err != nil {
		return err
	}
	return s.hold(ctx, opinion.Arrival{
		What: opinion.NewLine, Door: a.Door, Notice: a.Notice, Day: s.today(), Selector: receipt.Selector(), Body: body,
	}, letter.HoldSize)
}
