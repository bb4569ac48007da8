package handlers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/convo/convotest"
	"qingfeng/knowledge"
	"qingfeng/knowledge/handbook"
	"qingfeng/knowledge/index"
	"qingfeng/knowledge/ingest/clause"
	"qingfeng/knowledge/ingest/read"
)

// draft reads a file as the knowledge base does.
func draft(name, body string) (d knowledge.Draft, err error) {
	t, err := read.File(context.Background(), name, bytes.NewReader([]byte(body)), int64(len(body)), read.DefaultLimits())
	if err != nil {
		return d, err
	}
	r := clause.Read(t, name)
	sum := sha256.Sum256([]byte(body))
	r.Version.Hash, r.Version.Review = hex.EncodeToString(sum[:]), false
	r.Document.Library, r.Document.Audiences = "制度", []string{knowledge.Internal}
	return knowledge.Draft{Document: r.Document, Version: r.Version, Body: r.Body, Passages: r.Passages}, nil
}

// withHandbook gives the bureau its knowledge base.
func (b *bureau) withHandbook() *index.Store {
	b.t.Helper()
	store := b.withKnowledge()
	if err := handbook.Seed(b.t.Context(), store, "手册"); err != nil {
		b.t.Fatal(err)
	}
	return store
}

// withKnowledge gives the bureau a knowledge base with nothing in it.
func (b *bureau) withKnowledge() *index.Store {
	b.t.Helper()
	store := b.instance()
	b.desk.Answers = &knowledge.Base{Search: store, Find: store}
	b.desk.Questions = store
	return store
}

// instance is one more process on the same database.
func (b *bureau) instance() *index.Store {
	b.t.Helper()
	store, err := index.New(index.Config{
		Conn: func(ctx context.Context) index.Conn { return b.db.Conn(ctx) }, InTx: b.db.InTx, Now: b.Clock.Now,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return store
}

// adds puts a document into the knowledge base; change may set who reads it and when it holds.
func (b *bureau) adds(store *index.Store, name, body string, change func(*knowledge.Draft)) knowledge.Saved {
	b.t.Helper()
	d, err := draft(name, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if change != nil {
		change(&d)
	}
	saved, err := store.Save(b.t.Context(), d)
	if err != nil {
		b.t.Fatal(err)
	}
	return saved
}

// answering is a worker as the program runs it.
func (b *bureau) answering(store *index.Store, full Answerer) *Answering {
	return &Answering{
		Questions: store, Full: full, Quoted: &knowledge.Base{Search: store, Find: store}, InTx: b.db.InTx,
		Log: slog.New(slog.DiscardHandler),
		Deliver: func(ctx context.Context, asker, question int64) error {
			who, err := b.reg.Person(ctx, asker)
			if err != nil {
				return err
			}
			note, err := AnsweredNote(question)
			if err != nil {
				return err
			}
			_, err = b.db.Insert(ctx, []convo.Arrival{{Message: bot.Message{
				Dedupe: fmt.Sprintf("question:%d", question), From: who.UserID, Kind: bot.KindNote, At: b.Clock.Now(), Note: &note,
			}}})
			return err
		},
	}
}

// works lets a worker answer what waits, and the chat go on.
func (b *bureau) works(w *Answering) {
	b.t.Helper()
	if _, err := w.Once(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	b.Settle()
}

// asked counts rows of the question log.
func (b *bureau) asked(where string) (n int) {
	b.t.Helper()
	if err := b.db.Pool().QueryRow(b.t.Context(), "SELECT count(*) FROM question WHERE "+where).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// long is a text of about n characters in sentences of the given one.
func long(sentence string, n int) string {
	return strings.Repeat(sentence, n/len([]rune(sentence))+1)
}

// hears expects one message that shows all of these words, and none that begin with "!".
func (b *bureau) hears(p *convotest.Person, words ...string) *convotest.Person {
	b.t.Helper()
	said := ""
	for _, bubble := range p.Unread() {
		if strings.Contains(bubble.String(), words[0]) {
			said = bubble.String()
			break
		}
	}
	p.Expect(words[0])
	for _, w := range words[1:] {
		if not, no := strings.CutPrefix(w, "!"); no == strings.Contains(said, strings.TrimPrefix(w, "!")) {
			b.t.Fatalf("%q in %q: want %v\n%s", not, said, !no, b.Transcript())
		}
	}
	return p
}
