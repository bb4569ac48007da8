package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/handlers/web"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
	"qingfeng/knowledge/ingest"
)

// libraryPages is what the staff pages of the knowledge base stand on.
func (a *app) libraryPages() web.Knowledge {
	return web.Knowledge{
		Library: a.index, Questions: a.index, Answers: a.base, Quoted: a.quoting(), Away: a.away,
		Intake: intake{a.files, a.index, a.db}, Endpoint: endpointName(a.cfg),
	}
}

// endpointName is how people are told where texts would go: the host and the models.
func endpointName(cfg Config) string {
	models := strings.Join(strings.Fields(cfg.OpenAIChat+" "+cfg.OpenAIEmbed), text.ListComma)
	at, err := url.Parse(cfg.OpenAIBase)
	if err != nil || models == "" {
		return ""
	}
	return fmt.Sprintf(text.WebBrackets, cmp.Or(at.Host, cfg.OpenAIBase), models)
}

// intake reads what is uploaded as `ingest` reads files.
type intake struct {
	files ingest.Reader
	store *index.Store
	db    *pg.DB
}

func (i intake) Take(ctx context.Context, f web.Incoming) (web.Taken, error) {
	p := ingest.Pipeline{Reader: i.files, Store: witnessed{i.store, i.db, f.Saved}}
	r, err := p.One(ctx, f.Name, f.File, f.Size, f.Options)
	return web.Taken{Report: r, Label: ingestState(r.State), Message: ingestMessage(r)}, err
}

// witnessed stores a file together with what its sender has to say of it.
type witnessed struct {
	*index.Store
	db    *pg.DB
	saved func(ctx context.Context, s knowledge.Saved) error
}

func (w witnessed) Save(ctx context.Context, d knowledge.Draft) (s knowledge.Saved, err error) {
	err = w.db.InTx(ctx, func(ctx context.Context) error {
		if s, err = w.Store.Save(ctx, d); err != nil || s.Known {
			return err
		}
		return w.saved(ctx, s)
	})
	return s, err
}
