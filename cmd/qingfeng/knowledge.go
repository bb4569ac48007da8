package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/handlers"
	"qingfeng/knowledge"
	"qingfeng/knowledge/handbook"
	"qingfeng/knowledge/index"
	"qingfeng/knowledge/llm"
)

// newKnowledge is the knowledge base over a database, with the models that are
// configured. It makes no call. embed is nil without an embedding model.
func newKnowledge(cfg Config, db *pg.DB, now func() time.Time, log *slog.Logger) (base *knowledge.Base, store *index.Store, embed knowledge.Embedder, err error) {
	if store, err = newIndex(db, now, log); err != nil {
		return nil, nil, nil, err
	}
	base = &knowledge.Base{Search: store, Find: store, Cache: store, Switches: store, Stays: namesSomebody(pg.NewRegister(db, now)), Log: log}
	endpoint := llm.Config{BaseURL: cfg.OpenAIBase, Key: string(cfg.OpenAIKey), Now: now, Log: log}
	if cfg.OpenAIChat != "" {
		endpoint.Model = cfg.OpenAIChat
		if base.Model, err = llm.NewChat(endpoint); err != nil {
			return nil, nil, nil, err
		}
	}
	if cfg.OpenAIEmbed != "" {
		endpoint.Model, endpoint.Dim = cfg.OpenAIEmbed, cfg.OpenAIEmbedWidth
		if embed, err = llm.NewEmbedder(endpoint); err != nil {
			return nil, nil, nil, err
		}
		serving := store.Serve(embed)
		serving.Otherwise(func(name string, dim int) (knowledge.Embedder, error) {
			before := endpoint
			before.Model, before.Dim = name, dim
			return llm.NewEmbedder(before)
		})
		base.Embed = serving
	}
	return base, store, embed, nil
}

// namesSomebody reports whether a text names somebody of the roster, or holds what the
// guard stops: that leaves for no endpoint.
func namesSomebody(r *pg.Register) func(ctx context.Context, said string) (bool, error) {
	return func(ctx context.Context, said string) (bool, error) {
		if handlers.StopsQuestion(said) != "" {
			return true, nil
		}
		held, err := r.Holders(ctx, 0)
		if err != nil {
			return false, err
		}
		return slices.ContainsFunc(held, func(h risk.Holder) bool {
			return utf8.RuneCountInString(h.Person.Name) > 1 && strings.Contains(said, h.Person.Name) ||
				len(h.Person.UserID) >= shortestUserID && strings.Contains(strings.ToLower(said), h.Person.UserID.Key())
		}), nil
	}
}

// shortestUserID in bytes that is looked for in a text: a shorter one may be a word.
const shortestUserID = 4

// seedHandbook brings the built-in handbook into the knowledge base.
func seedHandbook(ctx context.Context, store *index.Store) error {
	return handbook.Seed(ctx, store, text.AskHandbook)
}

// withIndex runs fn over the documents of the configured, running or private database.
func (e env) withIndex(ctx context.Context, fn func(ctx context.Context, cfg Config, r *pg.Register, store *index.Store, log *slog.Logger) error) error {
	return e.withRegister(ctx, func(ctx context.Context, cfg Config, r *pg.Register) error {
		_, log, err := e.toolConfig()
		if err != nil {
			return err
		}
		store, err := newIndex(r.DB, e.now, log)
		if err != nil {
			return err
		}
		return fn(ctx, cfg, r, store, log)
	})
}

// withKnowledge runs fn over the knowledge base of the configured, running or private
// database, the handbook in it.
func (e env) withKnowledge(ctx context.Context, fn func(ctx context.Context, base *knowledge.Base, r *pg.Register) error) error {
	return e.withRegister(ctx, func(ctx context.Context, cfg Config, r *pg.Register) error {
		_, log, err := e.toolConfig()
		if err != nil {
			return err
		}
		base, store, _, err := newKnowledge(cfg, r.DB, e.now, log)
		if err != nil {
			return err
		}
		if err := seedHandbook(ctx, store); err != nil {
			return err
		}
		return fn(ctx, base, r)
	})
}
