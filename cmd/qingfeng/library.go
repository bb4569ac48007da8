package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/knowledge/index"
)

// libraryJSON is what `library` prints with --json: what may leave for the endpoint.
type libraryJSON struct {
	Question  bool         `json:"question"`
	Endpoint  bool         `json:"endpoint"` // one is configured
	Libraries []libraryRow `json:"libraries"`
}

type libraryRow struct {
	Name      string `json:"name"`
	External  bool   `json:"external"`
	Documents int    `json:"documents"`
	Passages  int    `json:"passages"`
}

// libraryCommand lists the libraries, and lets their texts, or people's questions,
// leave for the configured endpoint or not.
func libraryCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.CmdLibraryUsage)
	external, question := fs.String("external", "", text.CmdLibraryExternal), fs.String("question", "", text.CmdLibraryQuestion)
	asJSON := e.jsonFlag(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	list := len(rest) == 1 && rest[0] == "list" && *external == "" && *question == ""
	name, on, fits := librarySwitch(rest, *external, *question)
	if !list && !fits {
		return usage(fs)
	}
	return e.withIndex(ctx, func(ctx context.Context, cfg Config, r *pg.Register, store *index.Store, _ *slog.Logger) error {
		if list {
			return e.listLibraries(ctx, cfg, store, *asJSON)
		}
		return e.switchLibrary(ctx, cfg, r, store, name, on)
	})
}

// librarySwitch reads `set NAME --external on|off` and `set --question on|off`.
func librarySwitch(rest []string, external, question string) (name string, on, ok bool) {
	value := external
	switch {
	case len(rest) == 2 && rest[0] == "set" && rest[1] != index.QuestionSwitch && question == "":
		name = rest[1]
	case len(rest) == 1 && rest[0] == "set" && external == "":
		name, value = index.QuestionSwitch, question
	default:
		return "", false, false
	}
	return name, value == "on", value == "on" || value == "off"
}

func (e env) listLibraries(ctx context.Context, cfg Config, store *index.Store, asJSON bool) error {
	all, err := store.Libraries(ctx)
	if err != nil {
		return err
	}
	_, question, err := store.MayLeave(ctx)
	if err != nil {
		return err
	}
	doc := libraryJSON{Question: question, Endpoint: cfg.OpenAIBase != "", Libraries: []libraryRow{}}
	for _, l := range all {
		doc.Libraries = append(doc.Libraries, libraryRow(l))
	}
	if asJSON {
		return e.json(doc)
	}
	state := map[bool]string{true: text.CmdLibraryOn, false: text.CmdLibraryOff}
	fmt.Fprintf(e.out, text.CmdLibraryAsk+"\n", state[question])
	for _, l := range all {
		fmt.Fprintf(e.out, text.CmdLibraryLine+"\n", l.Name, state[l.External], l.Documents, l.Passages)
	}
	if !doc.Endpoint {
		fmt.Fprintln(e.out, text.CmdLibraryNoEndpoint)
	}
	return nil
}

// switchLibrary turns one switch and leaves the same audit event as the page does.
func (e env) switchLibrary(ctx context.Context, cfg Config, r *pg.Register, store *index.Store, name string, on bool) error {
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		if err := store.SetExternal(ctx, name, on); err != nil {
			return err
		}
		return r.Record(ctx, risk.Event{Action: "library.switch", Object: "library", Note: fmt.Sprintf("%s external=%t", name, on)})
	})
	switch {
	case errors.Is(err, index.ErrNoLibrary):
		return fmt.Errorf(text.CmdLibraryNone, name)
	case err != nil:
		return err
	}
	label := name
	if name == index.QuestionSwitch {
		label = text.LibraryQuestion
	}
	say := text.LibraryOff
	if on {
		say = text.LibraryOn
		if cfg.OpenAIBase == "" {
			say += text.CmdLibraryNoEndpoint
		}
	}
	return e.done(map[string]any{"name": name, "external": on}, say, label)
}
