package web

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot"
	"qingfeng/bot/text"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

// Whom a document is for, as the form says it.
const (
	forSections = "section"
	forRoles    = "role"
)

// longestField in characters of what is said about a document.
const longestField = 200

// documentForm is what a person says about a document.
type documentForm struct {
	Title, Issuer, Number, Label, Library string
	Authority                             int
	Effective, Repealed                   string // 2025-01-01
	Who                                   string // knowledge.Public, knowledge.Internal, forSections, forRoles
	Sections, Roles                       []choice
	Libraries                             []string
	Sealed                                bool // the discipline office's own: for nobody else

	audiences []string
}

// choice is one box to tick.
type choice struct {
	Code, Label string
	On          bool
}

// newDocument is an empty form.
func newDocument(v *visit) documentForm {
	f := documentForm{Who: knowledge.Internal, Library: text.LibraryMain}
	if !v.actor.Coordinator() {
		f.Sealed, f.audiences = true, sealed()
	}
	return f
}

// formOf is the form with what is known of a version.
func formOf(v *visit, d knowledge.Document, x index.Stored) documentForm {
	f := documentForm{
		Title: d.Title, Issuer: d.Issuer, Number: d.Number, Label: x.Label, Library: libraryName(d.Library), Authority: int(d.Authority),
		Effective: dateField(x.Effective), Repealed: dateField(x.Given), Who: forRoles, audiences: d.Audiences,
	}
	switch {
	case slices.Contains(d.Audiences, knowledge.Public):
		f.Who = knowledge.Public
	case slices.Contains(d.Audiences, knowledge.Internal):
		f.Who = knowledge.Internal
	case strings.HasPrefix(d.Audiences[0], "section:"):
		f.Who = forSections
	}
	f.Sealed = !v.actor.Coordinator()
	return f
}

func dateField(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// fillForm adds what there is to choose from.
func (s *site) fillForm(ctx context.Context, v *visit, f *documentForm) error {
	sections, err := s.Register.Sections(ctx)
	if err != nil {
		return err
	}
	f.Sections, f.Roles, f.Libraries = nil, nil, nil
	for _, x := range sections {
		a := "section:" + x.Name
		f.Sections = append(f.Sections, choice{a, x.Name, slices.Contains(f.audiences, a)})
	}
	for _, r := range text.RoleNames() {
		a := "role:" + r[0]
		f.Roles = append(f.Roles, choice{a, r[1], slices.Contains(f.audiences, a)})
	}
	if !v.actor.Coordinator() {
		return nil // names of libraries are the office's
	}
	all, err := s.Knowledge.Library.Libraries(ctx)
	if err != nil {
		return err
	}
	for _, l := range all {
		f.Libraries = append(f.Libraries, libraryName(l.Name))
	}
	return nil
}

// readForm reads what a person says about a document. An error is a *bot.Error or the
// store's; the form is filled in as far as it could be read.
func (s *site) readForm(ctx context.Context, v *visit) (f documentForm, err error) {
	f = documentForm{
		Title: oneLine(v.value("title")), Issuer: oneLine(v.value("issuer")), Number: oneLine(v.value("number")), Label: oneLine(v.value("label")),
		Library: oneLine(v.value("library")), Effective: v.value("effective"), Repealed: v.value("repealed"), Who: v.value("who"),
		Sealed: !v.actor.Coordinator(), audiences: append(v.values("section"), v.values("role")...),
	}
	if f.Library == "" {
		f.Library = text.LibraryMain
	}
	f.Authority, _ = strconv.Atoi(v.value("authority"))
	if f.Authority < 0 || f.Authority >= len(text.IngestLevels()) {
		f.Authority = 0
	}
	if err := s.fillForm(ctx, v, &f); err != nil {
		return f, err
	}
	var chosen []choice
	switch {
	case f.Sealed:
		f.audiences = sealed()
	case f.Who == knowledge.Public || f.Who == knowledge.Internal:
		f.audiences = []string{f.Who}
	case f.Who == forSections:
		chosen = f.Sections
	case f.Who == forRoles:
		chosen = f.Roles
	default:
		return f, errBadForm
	}
	if chosen != nil {
		f.audiences = nil
		for _, c := range chosen {
			if c.On {
				f.audiences = append(f.audiences, c.Code)
			}
		}
	}
	since, until := civilDate(f.Effective), civilDate(f.Repealed)
	switch {
	case len(f.audiences) == 0:
		return f, bot.Refuse(text.LibraryNobody, "web: no audience")
	case f.Effective != "" && since.IsZero() || f.Repealed != "" && until.IsZero():
		return f, bot.Refuse(text.LibraryBadDate, "web: not a date")
	case !since.IsZero() && !until.IsZero() && !until.After(since):
		return f, bot.Refuse(text.LibraryDates, "web: dates cross")
	case f.library() == index.QuestionSwitch || utf8.RuneCountInString(f.Library) < 2 || utf8.RuneCountInString(f.Library) > 20:
		return f, bot.Refuse(text.LibraryBadName, "web: library name")
	}
	for _, field := range []string{f.Title, f.Issuer, f.Number, f.Label} {
		if utf8.RuneCountInString(field) > longestField {
			return f, bot.Refuse(text.LibraryTooLong, "web: long field")
		}
	}
	return f, nil
}

// library is the store's name of the form's library.
func (f documentForm) library() string {
	if f.Library == text.LibraryMain {
		return mainLibrary
	}
	return f.Library
}

// oneLine is a text without line ends and doubled blanks.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
