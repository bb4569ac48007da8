package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/text"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

const (
	// bodyPage in characters of a version's text is shown at once.
	bodyPage = 12_000
	// flagAround in characters is shown around a suspicious passage.
	flagAround = 90
)

// versionPage is one version of a document, for those who keep it.
type versionPage struct {
	Document shownDocument
	Version  shownVersion
	Others   []shownVersion // of the document
	Flags    []shownFlag
	Repairs  string
	Form     documentForm
	Levels   []string
	Was      string // what the form was filled from
	Text     []piece
	From, To int // characters of Length
	Length   int
	At       int
	Prev     int // -1: none
	Next     int
	Error    string
}

// shownFlag is something a person should look at, with the words around it.
type shownFlag struct {
	Label  string
	Text   []piece
	At     int // where it stands in the text; -1: nowhere
	Anchor string
}

// kept is a version that the visitor keeps. Of a document that is not theirs to keep
// they learn nothing.
func (s *site) kept(ctx context.Context, v *visit) (d knowledge.Document, x index.Stored, body string, err error) {
	id, err := v.number("version")
	if err != nil {
		return d, x, "", err
	}
	d, x, body, err = s.Knowledge.Library.Version(ctx, id)
	if err != nil {
		return d, x, "", libraryProblem(err)
	}
	if !keepsDocument(v.actor, d.Audiences) {
		return d, x, "", errNotFound
	}
	return d, x, body, nil
}

func (s *site) libraryVersion(ctx context.Context, v *visit) error {
	d, x, body, err := s.kept(ctx, v)
	if err != nil {
		return err
	}
	return s.showVersion(ctx, v, http.StatusOK, d, x, body, versionPage{Form: formOf(v, d, x)})
}

func (s *site) showVersion(ctx context.Context, v *visit, status int, d knowledge.Document, x index.Stored, body string, p versionPage) error {
	all, err := s.versionsOf(ctx, d)
	if err != nil {
		return err
	}
	p.Document = s.shownDocument(index.Listed{Document: d})
	p.Version = s.shownVersion(x, all)
	for _, o := range all {
		if o.ID != x.ID {
			p.Others = append(p.Others, s.shownVersion(o, all))
		}
	}
	p.Levels, p.Was = text.IngestLevels(), describedAs(d, x)
	if err := s.fillForm(ctx, v, &p.Form); err != nil {
		return err
	}
	p.read(v, []rune(body), x.Flags)
	return s.show(v, status, "libraryversion", d.Title, p)
}

// versionsOf are all versions of a document.
func (s *site) versionsOf(ctx context.Context, d knowledge.Document) ([]index.Stored, error) {
	list, _, err := s.Knowledge.Library.Documents(ctx, index.Filter{Document: d.ID})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0].Versions, nil
}

// read puts the flags and a stretch of the text on the page, the flagged words in it
// shown up.
func (p *versionPage) read(v *visit, body []rune, flags []knowledge.Flag) {
	p.Length = len(body)
	at, err := strconv.Atoi(v.r.URL.Query().Get("at"))
	if err != nil || at < 0 || at >= len(body) {
		at = 0
	}
	p.At = at - at%bodyPage
	end := min(p.At+bodyPage, len(body))
	p.From, p.To, p.Prev, p.Next = p.At+1, end, p.At-bodyPage, -1
	if end < len(body) {
		p.Next = end
	}
	type span struct{ from, to, flag int }
	var spans []span
	for _, f := range flags {
		if f.Code == "damaged" {
			p.Repairs = flagLabel(f)
			continue
		}
		label := flagLabel(f)
		if label == "" {
			continue
		}
		shown := shownFlag{Label: label, At: -1, Anchor: fmt.Sprintf("f%d", len(p.Flags)+1)}
		from, to := within(body, f)
		switch {
		case to > from:
			lo, hi := max(0, from-flagAround), min(len(body), to+flagAround)
			shown.Text, shown.At = marked(string(body[lo:hi]), from-lo, to-lo), from
			spans = append(spans, span{from, to, len(p.Flags) + 1})
		case f.Text != "":
			shown.Text = []piece{{Text: f.Text, Mark: true}}
		}
		p.Flags = append(p.Flags, shown)
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	done := p.At
	for _, x := range spans {
		from, to := max(x.from, done), min(x.to, end)
		if from >= to {
			continue
		}
		p.Text = append(p.Text, piece{Text: string(body[done:from])}, piece{Text: string(body[from:to]), Mark: true, ID: fmt.Sprintf("f%d", x.flag)})
		done = to
	}
	p.Text = append(p.Text, piece{Text: string(body[done:end])})
}

// within finds the words of a flag in a text, near where it says.
func within(body []rune, f knowledge.Flag) (from, to int) {
	words := []rune(f.Text)
	const near = 100
	lo := min(max(0, f.Where-near), len(body))
	hi := min(len(body), f.Where+near+len(words))
	if len(words) == 0 || f.Code == "hidden" || lo >= hi {
		return 0, 0
	}
	stretch := string(body[lo:hi])
	i := strings.Index(stretch, f.Text)
	if i < 0 {
		return 0, 0
	}
	from = lo + len([]rune(stretch[:i]))
	return from, from + len(words)
}

// describedAs names what a person saw when they began to correct it.
func describedAs(d knowledge.Document, x index.Stored) string {
	return fingerprint(fmt.Sprintf("%+v %s %s %s", d, x.Label, dateField(x.Effective), dateField(x.Given)))
}

// libraryVersionDo corrects what is known of a version, or changes where it stands.
func (s *site) libraryVersionDo(ctx context.Context, v *visit) error {
	d, x, body, err := s.kept(ctx, v)
	if err != nil {
		return err
	}
	here := fmt.Sprintf("/library/%d", x.ID)
	change := v.value("do")
	if change == "describe" {
		form, err := s.describe(ctx, v, x.ID)
		if say := bot.Says(err); say != "" {
			return s.showVersion(ctx, v, http.StatusUnprocessableEntity, d, x, body, versionPage{Form: form, Error: say})
		}
		if err != nil {
			return err
		}
		if !keepsDocument(v.actor, form.audiences) {
			here = "/library" // it is the discipline office's from now on
		}
		return s.to(v, here, flash{Say: []string{text.LibraryDescribed}})
	}
	var say []string
	_, err = s.do(ctx, v, func(ctx context.Context, _ *convo.Turn) error {
		if d, x, _, err = s.kept(ctx, v); err != nil { // as it is now
			return err
		}
		say, err = s.move(ctx, x, change)
		if err != nil {
			return libraryProblem(err)
		}
		return s.noteLibrary(ctx, v, "library."+change, "version", x.ID, "")
	})
	if refused := bot.Says(err); refused != "" {
		return s.to(v, here, flash{Say: []string{refused}, Bad: true})
	}
	if err != nil {
		return err
	}
	return s.to(v, here, flash{Say: say})
}

// move accepts, withdraws or restores a version and says what came of it.
func (s *site) move(ctx context.Context, x index.Stored, change string) (say []string, err error) {
	already := bot.Refuse(text.LibraryAlready, "web: nothing to change")
	switch state := x.State(); change {
	case "accept":
		if state != index.Reviewed {
			return nil, already
		}
		return []string{text.LibraryAccepted}, s.Knowledge.Library.Accept(ctx, x.ID)
	case "withdraw":
		if state == index.Withdrawn {
			return nil, already
		}
		revived, err := s.Knowledge.Library.Withdraw(ctx, x.ID)
		say = []string{text.LibraryWithdrawn}
		if revived != 0 {
			say = append(say, text.LibraryRevived)
		}
		return say, err
	case "restore":
		if state != index.Withdrawn {
			return nil, already
		}
		if x.Review {
			return []string{text.LibraryRestored2}, s.Knowledge.Library.Restore(ctx, x.ID)
		}
		return []string{text.LibraryRestored}, s.Knowledge.Library.Restore(ctx, x.ID)
	}
	return nil, errBadForm
}

// describe stores what a person says about a version and its document.
func (s *site) describe(ctx context.Context, v *visit, version int64) (documentForm, error) {
	form, err := s.readForm(ctx, v)
	if err != nil {
		return form, err
	}
	_, err = s.do(ctx, v, func(ctx context.Context, _ *convo.Turn) error {
		d, x, _, err := s.kept(ctx, v)
		if err != nil {
			return err
		}
		if v.value("was") != describedAs(d, x) {
			return bot.Refuse(text.LibraryChanged, "web: changed meanwhile")
		}
		err = s.Knowledge.Library.Describe(ctx, version, index.Description{
			Title: form.Title, Issuer: form.Issuer, Number: form.Number, Authority: knowledge.Authority(form.Authority), Library: form.library(),
			Audiences: form.audiences, Label: form.Label, Effective: civilDate(form.Effective), Repealed: civilDate(form.Repealed),
		})
		if err != nil {
			return libraryProblem(err)
		}
		return s.noteLibrary(ctx, v, "library.describe", "version", version, strings.Join(form.audiences, " "))
	})
	return form, err
}
