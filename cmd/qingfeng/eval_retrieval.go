package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

// Recall is measured to a hundred rows; where rows are several passages, more hits are
// asked for to find as many.
const evalDepth, evalDepthCut = 100, 200

func evalRetrieval(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.EvalUsage)
	corpus := fs.String("corpus", "", text.EvalCorpus)
	queries := fs.String("queries", "", text.EvalQueries)
	qrels := fs.String("qrels", "", text.EvalQrels)
	sql := fs.Bool("sql", false, text.EvalSQL)
	exact := fs.Int("exact-sample", 0, text.EvalExact)
	asJSON := e.jsonFlag(fs)
	if err := noArguments(fs, args); err != nil {
		return err
	}
	if *corpus == "" || *queries == "" || *qrels == "" {
		return usage(fs)
	}
	set, err := readLabelled(*corpus, *queries, *qrels)
	if err != nil {
		return err
	}
	if set.foreign > 0 {
		fmt.Fprintf(e.err, text.EvalForeign+"\n", set.foreign)
	}
	cfg, log, err := e.toolConfig()
	if err != nil {
		return err
	}
	return throwAway(ctx, cfg, log, e.err, func(ctx context.Context, db *pg.DB) error {
		t := &trial{env: e, set: set, sql: *sql}
		if t.store, err = newIndex(db, e.now, log); err != nil {
			return err
		}
		if err := t.load(ctx); err != nil {
			return err
		}
		m, err := t.ask(ctx)
		if err != nil {
			return err
		}
		if *exact > 0 {
			overlap, n, err := t.overlap(ctx, *exact)
			if err != nil {
				return err
			}
			fmt.Fprintf(e.err, text.EvalOverlap+"\n", overlap, n)
		}
		if *asJSON {
			return e.json(m)
		}
		m.print(e.out)
		return nil
	})
}

// newIndex is the knowledge base over a database.
func newIndex(db *pg.DB, now func() time.Time, log *slog.Logger) (*index.Store, error) {
	return index.New(index.Config{
		Conn: func(ctx context.Context) index.Conn { return db.Conn(ctx) },
		InTx: db.InTx, Now: now, Log: log,
	})
}

const evalPrefix = "qingfeng_eval_"

// throwAway runs fn with a migrated, empty database beside the configured or private
// one and drops it afterwards, and what killed runs left.
func throwAway(ctx context.Context, cfg Config, log *slog.Logger, say io.Writer, fn func(ctx context.Context, db *pg.DB) error) error {
	address := string(cfg.DatabaseURL)
	if address == "" {
		private, stop, err := private(ctx, cfg, log)
		if err != nil {
			return err
		}
		defer stop()
		address = private
	}
	// A connection string of the key=value form works, too: only the database differs.
	own, err := pgx.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("%s", text.CmdBadDatabaseURL)
	}
	conn, err := pgx.ConnectConfig(ctx, own)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, `SELECT datname FROM pg_database d WHERE starts_with(datname, $1)
		AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)`, evalPrefix)
	if err != nil {
		return err
	}
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range left { // without force: one that a run has just made stays with it
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()); err != nil {
			log.Debug("drop what a killed run left", "err", err)
		}
	}
	random := make([]byte, 8)
	rand.Read(random) //nolint:errcheck // never fails
	name := evalPrefix + hex.EncodeToString(random)
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return fmt.Errorf(text.EvalMakeDatabase, err)
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if conn.IsClosed() { // an interrupted command takes its connection along
			if conn, err = pgx.ConnectConfig(end, own); err != nil {
				fmt.Fprintf(say, text.EvalDropDatabase+"\n", name, err)
				return
			}
		}
		if _, err := conn.Exec(end, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			fmt.Fprintf(say, text.EvalDropDatabase+"\n", name, err)
		}
	}()
	beside := withDatabase(address, name)
	if err := pg.Migrate(ctx, beside); err != nil {
		return err
	}
	db, err := pg.Open(ctx, beside)
	if err != nil {
		return err
	}
	defer db.Close()
	return fn(ctx, db)
}

// withDatabase is a connection string with another database in it.
func withDatabase(address, name string) string {
	if u, err := url.Parse(address); err == nil && u.Scheme != "" {
		u.Path = "/" + name
		return u.String()
	}
	return address + " dbname=" + name // the last one counts
}

// trial is one measurement.
type trial struct {
	env
	set   labelled
	sql   bool
	store *index.Store
	rows  map[int64][]string // passage → rows of the corpus: two with the same text are one passage
}

// evalWorkers save documents side by side.
const evalWorkers = 2

// load saves the corpus as the product saves documents and prepares what the product
// has prepared by the time it is asked.
func (t *trial) load(ctx context.Context) error {
	began := time.Now()
	bar := t.bar(text.EvalSaving, t.set.passages)
	t.rows = make(map[int64][]string, t.set.passages)
	var (
		mu sync.Mutex
		n  atomic.Int64
	)
	// One in fifty, saved first, settles the mean length that weights are made with.
	var parts [2][]evalDocument
	for i, d := range t.set.documents {
		which := 1
		if i%50 == 0 {
			which = 0
		}
		parts[which] = append(parts[which], d)
	}
	for _, part := range parts {
		work, saving := errgroup.WithContext(ctx)
		work.SetLimit(evalWorkers)
		for _, d := range part {
			work.Go(func() error {
				saved, err := t.store.Save(saving, d.draft)
				if err != nil {
					return err
				}
				ids, err := t.store.PassageIDs(saving, saved.Version)
				if err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				for pos, id := range ids[:min(len(ids), len(d.rows))] {
					t.rows[id] = append(t.rows[id], d.rows[pos])
				}
				bar.at(int(n.Add(int64(len(d.rows)))))
				return nil
			})
		}
		if err := work.Wait(); err != nil {
			return err
		}
		if err := t.store.CountTerms(ctx); err != nil {
			return err
		}
	}
	bar.end()
	took := time.Since(began).Seconds()
	fmt.Fprintf(t.err, text.EvalSaved+"\n", t.set.passages, len(t.set.documents), took, float64(t.set.passages)/took)
	if err := t.store.Vacuum(ctx); err != nil || t.sql {
		return err
	}
	began = time.Now()
	if err := t.store.CatchUp(ctx); err != nil {
		return err
	}
	fmt.Fprintf(t.err, text.EvalWarmed+"\n", time.Since(began).Seconds())
	return nil
}

// ask asks every question that has a relevant row and measures what comes back.
func (t *trial) ask(ctx context.Context) (metrics, error) {
	bar := t.bar(text.EvalAsking, len(t.set.queries))
	var m measured
	for i, q := range t.set.queries {
		began := time.Now()
		hits, err := t.store.Search(ctx, t.query(q))
		if err != nil {
			return metrics{}, err
		}
		m.add(t.ranked(hits), t.set.relevant[q.id], time.Since(began))
		bar.at(i + 1)
	}
	bar.end()
	return m.metrics(), nil
}

func (t *trial) query(q evalQuery) knowledge.Query {
	depth := evalDepth
	if t.set.cut {
		depth = evalDepthCut
	}
	return knowledge.Query{Text: q.text, Reader: knowledge.Member(), Limit: depth}
}

// ranked are the rows of the corpus in the order their best passages were found.
func (t *trial) ranked(hits []knowledge.Hit) []string {
	out := make([]string, 0, len(hits))
	seen := make(map[string]bool, len(hits))
	for _, h := range hits {
		for _, row := range t.rows[h.ID] {
			if !seen[row] {
				seen[row] = true
				out = append(out, row)
			}
		}
	}
	return out
}

// overlap is how many of the first ten by SQL's candidates are among the first ten of
// every passage scored, over some of the questions.
func (t *trial) overlap(ctx context.Context, sample int) (share float64, n int, err error) {
	n = min(sample, len(t.set.queries))
	bar := t.bar(text.EvalComparing, n)
	same, all := 0, 0
	for i := range n {
		q := t.query(t.set.queries[i*len(t.set.queries)/n])
		q.Limit = 10
		chosen, every, err := t.store.Compare(ctx, q)
		if err != nil {
			return 0, 0, err
		}
		for _, id := range every {
			if slices.Contains(chosen, id) {
				same++
			}
		}
		all += len(every)
		bar.at(i + 1)
	}
	bar.end()
	return float64(same) / float64(max(1, all)), n, nil
}

// bar is a line that grows.
type bar struct {
	w     io.Writer
	what  string
	total int

	mu   sync.Mutex
	last time.Time
	done int
}

func (t *trial) bar(what string, total int) *bar { return &bar{w: t.err, what: what, total: total} }

const barWidth = 30

func (b *bar) at(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = max(b.done, n)
	if time.Since(b.last) < 200*time.Millisecond {
		return
	}
	b.last = time.Now()
	b.draw()
}

func (b *bar) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = b.total
	b.draw()
	fmt.Fprintln(b.w)
}

func (b *bar) draw() {
	full := barWidth * b.done / max(1, b.total)
	fmt.Fprintf(b.w, text.EvalProgress, b.what, strings.Repeat("█", full), strings.Repeat("·", barWidth-full), 100*b.done/max(1, b.total), b.done, b.total)
}
