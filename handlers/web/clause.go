package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"qingfeng/bot/text"
	"qingfeng/knowledge"
)

// reach is how many passages after a clause are shown: where there are fewer, the text ends.
const reach = 3

// clausePage is a clause with what stands around it.
type clausePage struct {
	knowledge.Passage
	Path    string
	Dates   string
	State   stand
	Tone    string
	Level   string
	Around  []shownClause
	Before  int64 // a passage farther up; 0: none is shown there
	After   int64
	Current string // the address of what holds instead
	Label   string // and how people name it
	Keeper  bool
}

// shownClause is one passage on its page.
type shownClause struct {
	ID    int64
	Path  string
	Page  string
	Text  []piece
	Cited bool
}

// clause shows a passage to whoever may read it; for everybody else there is none.
func (s *site) clause(ctx context.Context, v *visit) error {
	id, err := v.number("id")
	if err != nil {
		return err
	}
	r, err := s.Desk.Reader(ctx, v.actor)
	if err != nil {
		return err
	}
	around, err := s.Knowledge.Library.Around(ctx, r, id)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(around, func(p knowledge.Passage) bool { return p.ID == id })
	if at < 0 {
		s.problem(v, http.StatusNotFound, problem{Title: text.ClauseGone, Say: text.ClauseGoneHow, Link: "/ask", LinkText: text.WebNavAsk})
		return nil
	}
	p := clausePage{
		Passage: around[at], Path: strings.Join(around[at].Path, text.PathArrow), Dates: lifetime(around[at].Version),
		Level: levelName(around[at].Document.Authority), Keeper: keepsDocument(v.actor, around[at].Document.Audiences),
	}
	today := s.today()
	if !p.Version.InForce(today) {
		held, passage, ok, err := s.Knowledge.Library.Holding(ctx, r, p.Document.ID, p.Article)
		if err != nil {
			return err
		}
		if ok && held.ID != p.Version.ID {
			p.Label = versionName(held)
			if passage != 0 {
				p.Current = clauseURL(passage)
			}
		}
		p.State, p.Tone = standing(p.Version, today, ok)
	} else {
		p.State, p.Tone = standing(p.Version, today, false)
	}
	from, _ := strconv.Atoi(v.r.URL.Query().Get("from"))
	to, _ := strconv.Atoi(v.r.URL.Query().Get("to"))
	before := ""
	for i, o := range around {
		c := shownClause{ID: o.ID, Path: strings.Join(o.Path, text.PathArrow), Text: []piece{{Text: o.Text}}, Cited: i == at}
		if c.Cited {
			c.Text = marked(o.Text, from, to)
		}
		if c.Path == before {
			c.Path = ""
		} else {
			before = c.Path
		}
		if o.Page > 0 && (i == 0 || around[i-1].Page != o.Page) {
			c.Page = fmt.Sprintf(text.ClausePage, o.Page)
		}
		p.Around = append(p.Around, c)
	}
	if first := around[0]; first.Pos > 0 && first.ID != id {
		p.Before = first.ID
	}
	if len(around)-1-at >= reach {
		p.After = around[len(around)-1].ID
	}
	return s.show(v, http.StatusOK, "clause", text.WebClause, p)
}

// clauseURL is the address of a passage.
func clauseURL(passage int64) string { return fmt.Sprintf("/clause/%d#c%d", passage, passage) }

// quoteURL is the address of a quote: its passage with the quote shown up.
func quoteURL(c knowledge.Citation) string {
	return fmt.Sprintf("/clause/%d?from=%d&to=%d#c%d", c.ID, c.Start, c.End, c.ID)
}

// versionName is how people name a version: by its label, else by the day it took effect.
func versionName(v knowledge.Version) string {
	if v.Label != "" || v.Effective.IsZero() {
		return v.Label
	}
	return fmt.Sprintf(text.LibraryFrom, civilDay(v.Effective))
}
