package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
)

// boardPage is where every form stands. It never holds a text from a form.
type boardPage struct {
	Campaign  risk.Campaign
	Campaigns []risk.Campaign
	Office    bool
	Planned   bool // campaigns have plans, and this person may see them
	Stands    []stand
	Sections  []boardSection
	Total     boardSection
	People    []boardPerson
	Section   int64 // filter of the list
	Stand     string
	Reasons   []exportReason
}

type boardSection struct {
	ID     int64
	Name   string
	All    int // forms to be filled in here
	Done   int // handed in at least once and not given back
	Counts []boardCount
}

type boardCount struct {
	Code, Label string
	N           int
}

// boardPerson is one form on the list: who, where, how far, at whom.
type boardPerson struct {
	ID       int64
	Name     string
	Section  string
	Post     string
	Label    string
	Tone     string
	At       string // who has it now
	Rows     int    // only once it is confirmed
	Paper    bool
	CanPaper bool // may be turned into a paper form
	Entering bool // a paper form that is being typed
	Readable bool
}

func (s *site) board(ctx context.Context, v *visit) error {
	if !mayBoard(v.actor) {
		return deny(text.WebBoardOnly)
	}
	p := boardPage{Office: v.actor.Coordinator(), Stands: stands(), Stand: v.r.URL.Query().Get("stand"), Reasons: exportReasons()}
	p.Planned = p.Office && s.Desk.Plans != nil
	p.Section, _ = strconv.ParseInt(v.r.URL.Query().Get("section"), 10, 64)
	var err error
	if p.Campaigns, err = s.Register.Campaigns(ctx); err != nil {
		return err
	}
	if len(p.Campaigns) == 0 {
		return s.show(v, http.StatusOK, "board", text.WebNavBoard, p)
	}
	p.Campaign = p.Campaigns[0]
	if id, err := strconv.ParseInt(v.r.URL.Query().Get("campaign"), 10, 64); err == nil {
		if i := slices.IndexFunc(p.Campaigns, func(c risk.Campaign) bool { return c.ID == id }); i >= 0 {
			p.Campaign = p.Campaigns[i]
		}
	}
	checks, err := s.boardChecks(ctx, v.actor, p.Campaign.ID)
	if err != nil {
		return err
	}
	open, err := s.Register.Reviews(ctx, risk.ReviewFilter{Campaign: p.Campaign.ID, Open: true})
	if err != nil {
		return err
	}
	at := map[int64]string{}
	for _, r := range open {
		if at[r.CheckID] != "" {
			at[r.CheckID] += text.ListComma
		}
		at[r.CheckID] += r.Assignee.Name
	}
	p.Sections, p.Total = count(checks)
	for _, c := range checks {
		if p.Section != 0 && c.Post.SectionID != p.Section || p.Stand != "" && standOf(c) != p.Stand {
			continue
		}
		p.People = append(p.People, boardRow(c, at[c.ID], p.Office))
	}
	return s.show(v, http.StatusOK, "board", text.WebNavBoard, p)
}

// boardChecks are the forms a person sees the state of.
func (s *site) boardChecks(ctx context.Context, a bot.Actor, campaign int64) ([]risk.SelfCheck, error) {
	checks, err := s.Register.Checks(ctx, risk.CheckFilter{Campaign: campaign})
	if err != nil || a.Coordinator() {
		return checks, err
	}
	own, err := s.ownSections(ctx, a)
	return slices.DeleteFunc(checks, func(c risk.SelfCheck) bool { return !contains(own, c.Post.SectionID) }), err
}

func boardRow(c risk.SelfCheck, at string, office bool) boardPerson {
	b := boardPerson{
		ID: c.ID, Name: c.Person.Name, Section: c.Post.Section, Post: c.Post.Name, Label: stateLabel(c), Tone: stateTone(c), At: at,
		Paper: c.Paper, Readable: c.State == risk.CheckConfirmed,
	}
	if b.Readable {
		b.Rows = len(live(c.Points))
	}
	editing := c.State == risk.CheckDraft || c.State == risk.CheckReturned
	b.CanPaper = office && !c.Paper && !c.Offline && c.State == risk.CheckDraft
	b.Entering = office && c.Paper && editing
	return b
}

// count tells, by section, how many forms stand where.
func count(checks []risk.SelfCheck) (sections []boardSection, total boardSection) {
	fresh := func(id int64, name string) boardSection {
		b := boardSection{ID: id, Name: name}
		for _, st := range stands() {
			b.Counts = append(b.Counts, boardCount{Code: st.Code, Label: st.Label})
		}
		return b
	}
	total = fresh(0, text.WebTotal)
	for _, c := range checks {
		i := slices.IndexFunc(sections, func(b boardSection) bool { return b.ID == c.Post.SectionID })
		if i < 0 {
			i, sections = len(sections), append(sections, fresh(c.Post.SectionID, c.Post.Section))
		}
		for _, b := range []*boardSection{&sections[i], &total} {
			b.All++
			if c.State != risk.CheckDraft && c.State != risk.CheckReturned && !c.Offline {
				b.Done++
			}
			for j := range b.Counts {
				if b.Counts[j].Code == standOf(c) {
					b.Counts[j].N++
				}
			}
		}
	}
	return sections, total
}

// boardDo is what the office does with one form: 代填, asking the owner, the signed scan.
func (s *site) boardDo(ctx context.Context, v *visit) error {
	if err := office(v); err != nil {
		return err
	}
	id, err := v.number("check")
	if err != nil {
		return err
	}
	act, done, to := s.Desk.MarkPaper, text.WebPaperMarked, myURL(id)
	switch v.value("do") {
	case "paper":
	case "entered":
		act, done, to = s.Desk.PaperEntered, text.WebPaperAsked, "/board"
	case "scan":
		act, done, to = s.Desk.ScanReceived, text.WebPaperScanned, "/board"
	default:
		return errBadForm
	}
	said, err := s.do(ctx, v, func(ctx context.Context, t *convo.Turn) error { return act(ctx, t, id) })
	if say := bot.Says(err); say != "" {
		return s.to(v, "/board", flash{Say: []string{say}, Bad: true})
	}
	if err != nil {
		return err
	}
	if len(said) == 0 || v.value("do") == "scan" {
		said = []string{done}
	}
	return s.to(v, to, flash{Say: said})
}

// exportReason is why a list of people is taken out of the system.
type exportReason struct{ Code, Label string }

func exportReasons() []exportReason {
	return []exportReason{{"sign", text.WebWhySign}, {"meeting", text.WebWhyMeeting}, {"file", text.WebWhyFile}, {"report", text.WebWhyReport}}
}

// boardExport gives 附表1 and 附表4 of what is confirmed.
func (s *site) boardExport(ctx context.Context, v *visit) error {
	if !mayBoard(v.actor) {
		return deny(text.WebBoardOnly)
	}
	which, why := v.value("form"), v.value("why")
	scope := handlers.Scope{Settled: true}
	scope.Campaign, _ = strconv.ParseInt(v.value("campaign"), 10, 64)
	scope.Section, _ = strconv.ParseInt(v.value("section"), 10, 64)
	if which != handlers.FormFubiao1 && which != handlers.FormFubiao4 || scope.Campaign == 0 ||
		!slices.ContainsFunc(exportReasons(), func(r exportReason) bool { return r.Code == why }) {
		return errBadForm
	}
	if !v.actor.Coordinator() {
		own, err := s.ownSections(ctx, v.actor)
		if err != nil {
			return err
		}
		if !contains(own, scope.Section) {
			return deny(text.WebOwnSectionOnly)
		}
	}
	err := s.download(ctx, v, which, scope, v.value("format"), why, scope.Campaign)
	if say := bot.Says(err); say != "" {
		return s.to(v, fmt.Sprintf("/board?campaign=%d", scope.Campaign), flash{Say: []string{say}, Bad: true})
	}
	return err
}
