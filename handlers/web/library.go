package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
	"qingfeng/knowledge/ingest"
)

// Library keeps the documents; *index.Store is one. Its methods join the transaction of
// their context.
type Library interface {
	Documents(ctx context.Context, f index.Filter) (list []index.Listed, total int, err error)
	Version(ctx context.Context, id int64) (d knowledge.Document, v index.Stored, body string, err error)
	Describe(ctx context.Context, version int64, to index.Description) error
	Accept(ctx context.Context, version int64) error
	Withdraw(ctx context.Context, version int64) (revived int64, err error)
	Restore(ctx context.Context, version int64) error
	Libraries(ctx context.Context) ([]index.Library, error)
	MayLeave(ctx context.Context) (libraries map[string]bool, questions bool, err error)
	SetExternal(ctx context.Context, name string, on bool) error
	// Around is a passage with its neighbours for a reader; empty if they may not see it.
	Around(ctx context.Context, r knowledge.Reader, id int64) ([]knowledge.Passage, error)
	// Holding is the version of a document that holds today, and the passage in it with
	// the same article number.
	Holding(ctx context.Context, r knowledge.Reader, document int64, article string) (v knowledge.Version, passage int64, ok bool, err error)
}

// Questions is the log of what people ask; *index.Store is one.
type Questions interface {
	handlers.Questions
	// Talk is what a person asked since a moment and was answered, the newest first.
	Talk(ctx context.Context, asker int64, since time.Time, limit int) ([]index.Last, error)
}

// Incoming is one file that somebody sent.
type Incoming struct {
	Name    string
	File    io.ReaderAt
	Size    int64
	Options ingest.Options
	// Saved runs in the transaction that stores the file; its error undoes it.
	Saved func(ctx context.Context, s knowledge.Saved) error
}

// Taken is what became of a file, with what a person reads of it.
type Taken struct {
	ingest.Report
	Label   string
	Message string
}

// Intake reads a file into the knowledge base, as `qingfeng ingest` does. An error is
// the machine's; a file at fault is a report. Nothing is kept of a refused file.
type Intake interface {
	Take(ctx context.Context, f Incoming) (Taken, error)
}

// Knowledge is what the pages of the knowledge base stand on. All but Away is needed.
type Knowledge struct {
	Library   Library
	Questions Questions
	Answers   handlers.Answerer // with the configured models
	Quoted    handlers.Answerer // calls nobody
	// Away reports whether Answers may take long, since an endpoint has its say; nil: never.
	Away   func(ctx context.Context) (bool, error)
	Intake Intake
	// Endpoint names where questions and texts go once that is switched on; empty: no
	// model is configured.
	Endpoint string
}

func (k Knowledge) whole() bool {
	return k.Library != nil && k.Questions != nil && k.Answers != nil && k.Quoted != nil && k.Intake != nil
}

// listed documents on one page.
const listed = 30

// libraryPage lists the documents and takes new ones.
type libraryPage struct {
	Words      string
	State      string
	States     []stand
	Documents  []shownDocument
	Total      int
	Prev, Next string // addresses
	Office     bool
	Form       documentForm
	Levels     []string
	FileMost   int
	BytesMost  int // MB
	Endpoint   string
	Switches   []librarySwitch
	Error      string
}

// shownDocument is a document in the list.
type shownDocument struct {
	knowledge.Document
	LibraryName string
	Who         string
	Level       string
	Versions    []shownVersion
}

// shownVersion is a version in the list and on its page.
type shownVersion struct {
	index.Stored
	State stand
	Tone  string
	Dates string
	Flags []string
}

// librarySwitch is one switch of what may leave the unit.
type librarySwitch struct {
	Name      string
	Label     string
	On        bool
	Documents int
	Questions bool // it is the questions' own
}

func (s *site) library(ctx context.Context, v *visit) error {
	return s.showLibrary(ctx, v, http.StatusOK, libraryPage{Form: newDocument(v)})
}

func (s *site) showLibrary(ctx context.Context, v *visit, status int, p libraryPage) error {
	query := v.r.URL.Query()
	p.Words, p.State, p.Office = text.Clip(plain(query.Get("q")), 100), query.Get("state"), v.actor.Coordinator()
	from, err := strconv.Atoi(query.Get("from"))
	if err != nil || from < 0 || from > 1_000_000 {
		from = 0
	}
	p.States = []stand{
		{"", text.LibraryAll},
		{string(index.InForce), text.LibraryInForce},
		{string(index.Reviewed), text.LibraryWaiting},
		{string(index.Lapsed), text.LibraryLapsed},
		{string(index.Withdrawn), text.LibraryGone},
	}
	f := index.Filter{Words: p.Words, State: index.State(p.State), Limit: listed, Offset: from}
	if p.Office {
		f.Without = sealed()
	} else {
		f.Within = sealed()
	}
	documents, total, err := s.Knowledge.Library.Documents(ctx, f)
	if err != nil {
		return err
	}
	p.Total = total
	for _, d := range documents {
		p.Documents = append(p.Documents, s.shownDocument(d))
	}
	at := func(from int) string {
		return "/library?" + url.Values{"q": {p.Words}, "state": {p.State}, "from": {strconv.Itoa(from)}}.Encode()
	}
	if from > 0 {
		p.Prev = at(max(0, from-listed))
	}
	if from+listed < total {
		p.Next = at(from + listed)
	}
	p.Levels, p.FileMost, p.BytesMost = text.IngestLevels(), filesMost, filesMax>>20
	if err := s.fillForm(ctx, v, &p.Form); err != nil {
		return err
	}
	if p.Office {
		p.Endpoint = s.Knowledge.Endpoint
		if p.Switches, err = s.switches(ctx); err != nil {
			return err
		}
	}
	return s.show(v, status, "library", text.WebNavLibrary, p)
}

func (s *site) shownDocument(d index.Listed) shownDocument {
	out := shownDocument{Document: d.Document, LibraryName: libraryName(d.Library), Who: whoReads(d.Audiences), Level: levelName(d.Authority)}
	for _, x := range d.Versions {
		out.Versions = append(out.Versions, s.shownVersion(x, d.Versions))
	}
	return out
}

func (s *site) shownVersion(x index.Stored, all []index.Stored) shownVersion {
	out := shownVersion{Stored: x, Dates: lifetime(x.Version)}
	revised := false
	for _, o := range all {
		revised = revised || o.ID != x.ID && o.State() == index.Live && o.InForce(s.today())
	}
	out.State, out.Tone = standing(x.Version, s.today(), revised)
	said := map[string]bool{}
	for _, f := range x.Flags {
		if label := flagLabel(f); label != "" && !said[label] {
			said[label] = true
			out.Flags = append(out.Flags, label)
		}
	}
	return out
}

// switches are the unit's, the questions' own first.
func (s *site) switches(ctx context.Context) ([]librarySwitch, error) {
	all, err := s.Knowledge.Library.Libraries(ctx)
	if err != nil {
		return nil, err
	}
	_, questions, err := s.Knowledge.Library.MayLeave(ctx)
	if err != nil {
		return nil, err
	}
	out := []librarySwitch{{Name: index.QuestionSwitch, Label: text.LibraryQuestion, On: questions, Questions: true}}
	for _, l := range all {
		out = append(out, librarySwitch{Name: l.Name, Label: libraryName(l.Name), On: l.External, Documents: l.Documents})
	}
	return out, nil
}

// setSwitch lets texts of a library, or questions, leave for the endpoint, or not any
// more.
func (s *site) setSwitch(ctx context.Context, v *visit) error {
	name, on := v.value("name"), v.value("on") == "1"
	if on && v.value("agree") != "1" {
		return s.to(v, "/library#switches", flash{Say: []string{text.LibraryAgree}, Bad: true})
	}
	label := libraryName(name)
	if name == index.QuestionSwitch {
		label = text.LibraryQuestion
	}
	say := fmt.Sprintf(text.LibraryOff, label)
	if on {
		say = fmt.Sprintf(text.LibraryOn, label)
	}
	_, err := s.do(ctx, v, func(ctx context.Context, _ *convo.Turn) error {
		if err := s.Knowledge.Library.SetExternal(ctx, name, on); err != nil {
			return err
		}
		return s.noteLibrary(ctx, v, "library.switch", "library", 0, fmt.Sprintf("%s external=%t", name, on))
	})
	if err != nil {
		return libraryProblem(err)
	}
	return s.to(v, "/library#switches", flash{Say: []string{say}})
}

// noteLibrary leaves the audit event of a change.
func (s *site) noteLibrary(ctx context.Context, v *visit, action, object string, id int64, note string) error {
	return s.Register.Record(ctx, risk.Event{Actor: v.actor.Person, Role: keeperRole(v.actor), Action: action, Object: object, ID: id, Result: "ok", Note: note})
}

// today is the civil day as the knowledge base keeps days: UTC midnight.
func (s *site) today() time.Time {
	y, m, d := bot.Local(s.Now()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
