package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/handlers"
	"qingfeng/knowledge"
)

// askJSON is the answer's contract with other programs (PRODUCT.md, Commands). The
// fields after Passages go beyond it.
type askJSON struct {
	Outcome    knowledge.Outcome `json:"outcome"`
	Answer     string            `json:"answer"`
	Grounded   bool              `json:"grounded"`
	Citations  []askCitation     `json:"citations"`
	Passages   []askPassage      `json:"passages"`
	Reason     knowledge.Reason  `json:"reason,omitempty"`
	Understood string            `json:"understood"`
	Day        string            `json:"day"` // whose law was asked for
	Differ     bool              `json:"differ,omitempty"`
	Model      bool              `json:"model,omitempty"`
}

type askCitation struct {
	Passage  int64    `json:"passage_id"`
	Document string   `json:"document"`
	Version  string   `json:"version"`
	Path     []string `json:"path"`
	Quote    string   `json:"quote"`
	Start    int      `json:"start"` // characters into the passage's text
	End      int      `json:"end"`
	Lapsed   bool     `json:"lapsed,omitempty"`
	Repealed string   `json:"repealed,omitempty"` // the first day on which it no longer held
}

type askPassage struct {
	ID       int64    `json:"id"`
	Document string   `json:"document"`
	Path     []string `json:"path"`
	Text     string   `json:"text"`
	Score    float64  `json:"score"`
	Sure     float64  `json:"sure"`
}

// stoppedReason is why there is no answer to what the red-line guard stops.
const stoppedReason knowledge.Reason = "stopped"

func askCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.CmdAskUsage)
	as := fs.String("as", "", text.CmdAskAs)
	asJSON := e.jsonFlag(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usage(fs)
	}
	if rule := handlers.StopsQuestion(rest[0]); rule != "" { // as in chat: neither searched for nor sent
		if *asJSON {
			return e.json(asAskJSON(knowledge.Answer{Outcome: knowledge.None, Reason: stoppedReason, Day: bot.Local(e.now())}))
		}
		fmt.Fprintln(e.out, text.AskPageStops(rule))
		return nil
	}
	return e.withKnowledge(ctx, func(ctx context.Context, base *knowledge.Base, r *pg.Register) error {
		reader := knowledge.Member()
		if *as != "" {
			if reader, err = readerOf(ctx, r, bot.UserID(*as)); err != nil {
				return err
			}
		}
		a, err := base.Ask(ctx, knowledge.Question{Text: rest[0], Reader: reader, Now: bot.Local(e.now())})
		if err != nil {
			return err
		}
		if *asJSON {
			return e.json(asAskJSON(a))
		}
		printAnswer(e.out, a)
		return nil
	})
}

// readerOf is what a person of the roster may read today.
func readerOf(ctx context.Context, r *pg.Register, id bot.UserID) (knowledge.Reader, error) {
	who, err := r.Who(ctx, id)
	if err != nil {
		return knowledge.Reader{}, err
	}
	if who.Person == 0 {
		return knowledge.Reader{}, fmt.Errorf(text.CmdNoPerson, id)
	}
	sections, err := sectionsOf(ctx, r, who)
	return handlers.ReaderOf(who, sections...), err
}

// sectionsOf are the names of the sections that a person works in or answers for.
func sectionsOf(ctx context.Context, r *pg.Register, who bot.Actor) (names []string, err error) {
	held, err := r.Holders(ctx, 0)
	if err != nil {
		return nil, err
	}
	for _, h := range held {
		if h.Person.ID == who.Person {
			names = append(names, h.Post.Section)
		}
	}
	for _, role := range who.Roles {
		scoped, err := r.SectionsOf(ctx, who.Person, role)
		if err != nil {
			return nil, err
		}
		for _, s := range scoped {
			names = append(names, s.Name)
		}
	}
	return names, nil
}

func asAskJSON(a knowledge.Answer) askJSON {
	out := askJSON{
		Outcome: a.Outcome, Answer: a.Text, Grounded: a.Outcome == knowledge.Answered, Citations: []askCitation{}, Passages: []askPassage{},
		Reason: a.Reason, Understood: a.Understood, Day: a.Day.Format(time.DateOnly), Differ: a.Differ, Model: a.Model,
	}
	for _, c := range a.Citations {
		cite := askCitation{
			Passage: c.ID, Document: c.Document.Title, Version: versionName(c.Version), Path: append([]string{}, c.Path...),
			Quote: c.Quote, Start: c.Start, End: c.End, Lapsed: c.Lapsed,
		}
		if c.Lapsed {
			cite.Repealed = c.Version.Repealed.Format(time.DateOnly)
		}
		out.Citations = append(out.Citations, cite)
	}
	for _, h := range a.Hits {
		out.Passages = append(out.Passages, askPassage{ID: h.ID, Document: h.Document.Title, Path: append([]string{}, h.Path...), Text: h.Text, Score: h.Score, Sure: h.Sure})
	}
	return out
}

// versionName is how people name a version: by its label, else by the day it took effect.
func versionName(v knowledge.Version) string {
	if v.Label != "" || v.Effective.IsZero() {
		return v.Label
	}
	return v.Effective.Format(time.DateOnly)
}

// printAnswer shows an answer as a terminal can: what it says, then its sources, one a
// line, with the sentence that counts where the answer does not say it already.
func printAnswer(w io.Writer, a knowledge.Answer) {
	if a.Outcome == knowledge.None {
		fmt.Fprintln(w, text.AskWhy(string(a.Reason)))
		return
	}
	if a.Outcome == knowledge.Related {
		fmt.Fprintln(w, text.AskWhy(string(a.Reason)))
	}
	if a.Differ {
		fmt.Fprintln(w, text.AskDiffer)
	}
	if a.Outcome == knowledge.Answered {
		fmt.Fprintln(w, a.Text)
	}
	for i, c := range a.Citations {
		lapsed := ""
		if c.Lapsed {
			lapsed = fmt.Sprintf(text.AskLapsed, c.Version.Repealed.Format(time.DateOnly))
		}
		quote := ""
		if !strings.Contains(a.Text, c.Quote) { // what was said already is not said again
			quote = fmt.Sprintf(text.AskQuote, strings.Join(strings.Fields(c.Quote), " "))
		}
		fmt.Fprintf(w, text.AskSource+"\n", i+1, c.Document.Title, versionNote(c.Version), strings.Join(c.Path, text.PathArrow), lapsed, quote)
	}
}

func versionNote(v knowledge.Version) string {
	if name := versionName(v); name != "" {
		return fmt.Sprintf(text.AskVersion, name)
	}
	return ""
}
