package public

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"qingfeng/bot/letter"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/text"
)

// What a button of a form asks for besides handing it in (field next).
const (
	nextEdit = "edit" // show the form again
	nextTip  = "tip"  // hand it to the discipline office's box instead
	nextSure = "sure" // it is not about what some person did
)

// take takes whatever is handed in: limits → proof → is anything taken → the words → the
// door. Whatever fails comes back as the form with everything that was typed.
func (s *site) take(w http.ResponseWriter, r *http.Request) {
	// From here on this process may hold somebody's words.
	if err := s.dirty(r); err != nil {
		s.fault(err)
		s.say(w, http.StatusServiceUnavailable, text.BallotBroken, text.PublicBrokenHow)
		return
	}
	f, formErr := s.form(r, func(v url.Values) bool { return s.worth(r.Context(), v) })
	defer clear(f.image)
	if errors.Is(formErr, errForm) {
		s.say(w, http.StatusBadRequest, text.BallotBroken, text.PublicNotForm)
		return
	}
	if code := f.Get("survey"); code != "" {
		s.takeBallot(w, r, f, code, formErr)
		return
	}
	n, err := s.Store.Published(r.Context(), f.Get("notice"))
	if errors.Is(err, ErrNoNotice) {
		s.say(w, http.StatusNotFound, text.PublicNoNotice, text.PublicNoNoticeHow)
		return
	}
	if err != nil {
		// The notice is out of reach; what was typed must not be.
		s.fault(err)
		n = Published{Taking: true, Tips: f.Get("door") == string(opinion.Discipline)}
		n.Snapshot.Code = f.Get("notice")
		formErr = err
	}
	d := s.filled(n, f)
	switch {
	case errors.Is(formErr, errLarge):
		s.again(w, r, d, rounds-1, wrong{"text", text.PublicTooMuch})
		return
	case formErr != nil:
		s.again(w, r, d, 0, wrong{"", text.PublicBusy})
		return
	}
	if f.Has("pick") || f.Get("next") == nextEdit {
		// Asks for the form only, so nothing has to be proved; what was paid stays paid.
		s.again(w, r, d, s.kept(r.Context(), f))
		return
	}
	left, why, err := s.prove(r, f)
	switch {
	case err != nil:
		s.fault(err)
		s.again(w, r, d, 0, wrong{"", text.PublicBusy})
		return
	case why != "":
		s.again(w, r, d, 0, wrong{"answer", why})
		return
	}
	if stop := s.check(&d, n, f); stop != nil {
		s.again(w, r, d, left, stop...)
		return
	}
	if d.Found != "" {
		d.Proof.Paid = s.paid(max(left, 1))
		s.show(w, http.StatusOK, "report", text.PublicTitleReport, d)
		return
	}
	code, err := s.post(r.Context(), d, f.image)
	switch {
	case errors.Is(err, errImage):
		s.again(w, r, d, left, wrong{"image", text.PublicImage})
	case errors.Is(err, ErrNoDoor):
		s.again(w, r, d, left, wrong{"", text.PublicNoDoor})
	case errors.Is(err, letter.ErrLong):
		s.again(w, r, d, left, wrong{"text", text.PublicTooMuch})
	case err != nil:
		s.fault(err)
		s.again(w, r, d, max(left, 1), wrong{"", text.PublicBusy})
	default:
		s.show(w, http.StatusOK, "receipt", text.PublicTitleReceipt, receiptPage{draft: d, Receipt: code, Today: s.today()})
	}
}

// worth reports whether an image is worth reading: the notice takes images, and what came
// before it in the form looks like a proof.
func (s *site) worth(ctx context.Context, v url.Values) bool {
	_, _, paid, _ := s.signed("paid", v.Get("paid"), "")
	_, _, sum := s.solved(v.Get("proof"))
	number, ok := text.PublicParse(v.Get("answer"))
	_, _, answered, _ := s.signed("ask", v.Get("ask"), strconv.Itoa(number))
	if !paid && !sum && !(ok && answered) {
		return false
	}
	n, err := s.Store.Published(ctx, v.Get("notice"))
	return err == nil && n.Images
}

// filled is the form with what was typed.
func (s *site) filled(n Published, f fields) draft {
	door := opinion.Office
	if f.Get("door") == string(opinion.Discipline) || f.Get("pick") == nextTip || f.Get("next") == nextTip {
		door = opinion.Discipline
	}
	d := s.draft(n, door)
	if k := opinion.Kind(f.Get("kind")); slices.Contains(opinion.Kinds(), k) {
		d.Kind = k
	}
	point := f.Get("pick")
	if point == "" || point == nextTip {
		point = f.Get("point")
	}
	d.Point, _ = strconv.Atoi(point)
	d.Text = words(f.Get("text"))
	return d
}

// kept gives back a proof that was paid: spent, and how often the form may come back.
func (s *site) kept(ctx context.Context, f fields) int {
	nonce, value, right, _ := s.signed("paid", f.Get("paid"), "")
	if !right {
		return 0
	}
	if ok, err := s.spend(ctx, "paid "+nonce); err != nil || !ok {
		return 0
	}
	left, _ := strconv.Atoi(value)
	return left
}

// check says what is wrong with a form, or that it reads like a report (d.Found).
func (s *site) check(d *draft, n Published, f fields) []wrong {
	switch {
	case d.Tip() && !n.Tips:
		return []wrong{{"", text.PublicNoTips}}
	case !d.Tip() && (!n.Taking || n.State == notice.Withdrawn):
		return []wrong{{"", text.PublicOver}}
	case !d.Tip() && f.Get("kind") != "" && d.Kind != opinion.Kind(f.Get("kind")):
		return []wrong{{"kind", text.PublicKind}}
	case !d.Tip() && d.Point != 0 && !has(n, d.Point):
		return []wrong{{"point", text.PublicPoint}}
	case d.Text == "":
		return []wrong{{"text", text.PublicEmpty}}
	case length(d.Text) > opinion.TextMax:
		return []wrong{{"text", fmt.Sprintf(text.PublicTooLong, length(d.Text))}}
	case f.refused && !n.Images:
		return []wrong{{"text", text.PublicNoImage}}
	case f.refused:
		return []wrong{{"image", text.PublicNoImage}}
	}
	report, stopped, why := s.Door(d.Text)
	if stopped {
		return []wrong{{"text", stoppedWords(why)}}
	}
	// Whoever says that it is not about a person goes on: see doc.go.
	if report && !d.Tip() && f.Get("next") != nextSure {
		if d.Found = why; why == "" {
			d.Found = "…"
		}
	}
	return nil
}

func stoppedWords(why string) string {
	if why != "" {
		why = fmt.Sprintf(text.PublicFound, why)
	}
	return fmt.Sprintf(text.PublicStopped, why)
}

// again shows the form with everything that was typed and what stopped it. A form that
// was paid for is not asked to pay again.
func (s *site) again(w http.ResponseWriter, r *http.Request, d draft, left int, why ...wrong) {
	d.Wrong = why
	if shown := echo(d.Text); shown != d.Text {
		d.Text = shown
		d.Wrong = append(d.Wrong, wrong{"text", text.PublicCut})
	}
	d.narrowed()
	if d.Proof.Paid = s.paid(left); d.Proof.Paid == "" {
		p, err := s.newProof(r)
		if err != nil {
			s.fault(err) // without one the next try brings it
		}
		d.Proof = p
	}
	title := text.PublicTitleForm
	if d.Tip() {
		title = text.PublicTitleTip
	}
	if len(why) > 0 {
		title = fmt.Sprintf(text.PublicTitleNot, why[0].Say)
	}
	s.show(w, http.StatusOK, "form", title, d)
}

// post seals an opinion, closes it and puts it away until the night. It returns the
// receipt's code, which is nowhere else.
func (s *site) post(ctx context.Context, d draft, img []byte) (string, error) {
	to, err := s.Store.Recipients(ctx, d.Door)
	if err != nil {
		return "", err
	}
	body, err := sealWords(d.Text, to)
	if err != nil {
		return "", err
	}
	a := opinion.Arrival{What: opinion.NewOpinion, Door: d.Door, Notice: d.Code, Point: d.Point, Kind: d.Kind, Day: s.today(), Body: body}
	if d.Tip() {
		a.Point, a.Kind = 0, opinion.Other
	}
	size := letter.HoldSize
	if img != nil {
		if a.Image, err = s.sealPicture(ctx, img, to); err != nil {
			return "", err
		}
		size = letter.ImageSize
	}
	receipt, err := letter.NewReceipt(s.Random)
	if err != nil {
		return "", err
	}
	a.Selector, a.Salt = receipt.Selector(), make([]byte, letter.SaltSize)
	if _, err := io.ReadFull(s.Random, a.Salt); err != nil {
		return "", err
	}
	key, err := s.stretch(ctx, receipt, a.Salt)
	if err != nil {
		return "", err
	}
	a.AnswerTo = key.AnswerTo()
	return receipt.Code(), s.hold(ctx, a, size)
}

// sealWords seals a text to a door.
func sealWords(words string, to []string) ([]byte, error) {
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false) // 1,500 times < would not fit
	if err := enc.Encode(opinion.Words{Text: words}); err != nil {
		return nil, err
	}
	defer clear(raw.Bytes())
	return letter.Seal(raw.Bytes(), to)
}

// sealPicture encodes an image anew and seals it. One at a time: they take memory.
func (s *site) sealPicture(ctx context.Context, img []byte, to []string) ([]byte, error) {
	select {
	case s.draw <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.draw }()
	clean, err := redraw(img)
	if err != nil {
		return nil, err
	}
	defer clear(clean)
	return letter.SealLarge(clean, sealImage, to)
}

// stretch makes a receipt's key, two at a time: each takes 19 MiB.
func (s *site) stretch(ctx context.Context, r letter.Receipt, salt []byte) (*letter.ReceiptKey, error) {
	select {
	case s.slow <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.slow }()
	return r.Key(salt)
}

// hold closes an arrival until the night.
func (s *site) hold(ctx context.Context, a opinion.Arrival, size int) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	defer clear(raw)
	key, body, err := s.Outer.Close(raw, size)
	if err != nil {
		return err
	}
	return s.Store.Hold(ctx, key, body)
}
