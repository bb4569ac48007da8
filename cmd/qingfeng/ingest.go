package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
	"qingfeng/knowledge/ingest"
	"qingfeng/knowledge/ingest/clause"
)

// readFile is the command by which the program reads files in a process of its own.
const readFile = "read-file"

// readFileCommand serves the files that its parent sends.
func readFileCommand(ctx context.Context, e env, args []string) error {
	if err := noArguments(e.flags(text.ReadFileUsage), args); err != nil {
		return err
	}
	return ingest.Serve(ctx, e.in, e.out)
}

// newReader reads files in children of this program. Close it when done.
func newReader(cfg Config, log *slog.Logger) (*ingest.Children, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := ingest.DefaultChild(self, readFile)
	c.Cache, c.Log = filepath.Join(cfg.DataDir, "pdfium"), log
	if err := os.MkdirAll(c.Cache, 0o700); err != nil {
		return nil, fmt.Errorf("cache of pdfium: %w", err)
	}
	return ingest.NewChildren(c), nil
}

// ingestJSON is what --json prints.
type ingestJSON struct {
	Total    int          `json:"total"`
	Saved    int          `json:"saved"`
	Replaced int          `json:"replaced"`
	Known    int          `json:"known"`
	Review   int          `json:"review"`
	Refused  int          `json:"refused"`
	Stopped  bool         `json:"stopped"` // not all files were looked at
	Files    []ingestFile `json:"files"`
}

type ingestFile struct {
	ingest.Report
	Message string `json:"message"` // what a person reads
}

func ingestCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.IngestUsage)
	var (
		o          ingest.Options
		visibility = fs.String("visibility", knowledge.Internal, text.IngestVisibility)
		authority  = fs.String("authority", "", text.IngestAuthority)
		effective  = fs.String("effective", "", text.IngestEffective)
		repealed   = fs.String("repealed", "", text.IngestRepealed)
		asJSON     = e.jsonFlag(fs)
	)
	fs.StringVar(&o.Library, "library", "", text.IngestLibrary)
	fs.StringVar(&o.Title, "title", "", text.IngestTitle)
	fs.StringVar(&o.Issuer, "issuer", "", text.IngestIssuer)
	fs.StringVar(&o.Number, "number", "", text.IngestNumber)
	fs.StringVar(&o.Label, "label", "", text.IngestLabel)
	paths, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return usage(fs)
	}
	if err := ingestOptions(&o, *visibility, *authority, *effective, *repealed); err != nil {
		return err
	}
	files, err := ingestFiles(ctx, paths, o)
	if err != nil {
		return err
	}
	return e.withIndex(ctx, func(ctx context.Context, cfg Config, _ *pg.Register, store *index.Store, log *slog.Logger) error {
		reader, err := newReader(cfg, log)
		if err != nil {
			return err
		}
		defer reader.Close()
		return e.ingest(ctx, ingest.Pipeline{Reader: reader, Store: store}, store, files, o, *asJSON)
	})
}

// ingest runs the pipeline and says what became of each file.
func (e env) ingest(ctx context.Context, p ingest.Pipeline, store *index.Store, files []string, o ingest.Options, asJSON bool) error {
	doc := ingestJSON{Total: len(files), Files: []ingestFile{}}
	lines := e.out
	if asJSON {
		lines = e.err // stdout is the document
	}
	bar := progressBar{env: e, total: len(files)}
	bar.show(0)
	err := p.Run(ctx, files, o, func(r ingest.Report) {
		f := ingestFile{r, ingestMessage(r)}
		doc.add(f)
		bar.wipe()
		fmt.Fprintf(lines, text.IngestLine+"\n", r.N, r.Total, ingestState(r.State), r.File, f.Message)
		bar.show(r.N)
	})
	bar.wipe()
	doc.Stopped = err != nil
	if doc.Saved+doc.Replaced+doc.Review > 0 && ctx.Err() == nil {
		err = errors.Join(err, store.CountTerms(ctx))
	}
	fmt.Fprintf(e.err, text.IngestSummary+"\n", len(doc.Files), doc.Saved, doc.Replaced, doc.Known, doc.Review, doc.Refused)
	if asJSON {
		if err := e.json(doc); err != nil {
			return err
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New(text.IngestStopped)
	case errors.Is(err, ingest.ErrChild):
		return fmt.Errorf(text.IngestChild, err)
	case err != nil:
		return err
	case doc.Refused > 0:
		return exitCode(1)
	}
	return nil
}

func (d *ingestJSON) add(f ingestFile) {
	d.Files = append(d.Files, f)
	switch f.State {
	case ingest.Saved:
		d.Saved++
	case ingest.Replaced:
		d.Replaced++
	case ingest.Known:
		d.Known++
	case ingest.Review:
		d.Review++
	case ingest.Refused:
		d.Refused++
	}
}

// ingestOptions reads what flags say in words.
func ingestOptions(o *ingest.Options, visibility, authority, effective, repealed string) error {
	kind, of, named := strings.Cut(visibility, ":")
	switch {
	case !named && (kind == knowledge.Internal || kind == knowledge.Public), named && of != "" && (kind == "role" || kind == "section"):
		o.Audiences = []string{visibility}
	default:
		return fmt.Errorf(text.IngestBadVisible, visibility)
	}
	if authority != "" {
		levels := text.IngestLevels()
		level := slices.Index(levels, authority)
		if level <= 0 {
			return fmt.Errorf(text.IngestBadAuthority, authority, strings.Join(levels[1:], text.ListComma))
		}
		o.Authority = knowledge.Authority(level)
	}
	for _, d := range []struct {
		to   *time.Time
		from string
	}{{&o.Effective, effective}, {&o.Repealed, repealed}} {
		if d.from == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, d.from, bot.Zone())
		if err != nil {
			return fmt.Errorf(text.IngestBadDate, d.from)
		}
		*d.to = day
	}
	if !o.Effective.IsZero() && !o.Repealed.IsZero() && !o.Repealed.After(o.Effective) {
		return errors.New(text.IngestDatesCross)
	}
	return nil
}

// ingestFiles lists the files, before anything is started.
func ingestFiles(ctx context.Context, paths []string, o ingest.Options) ([]string, error) {
	files, err := ingest.Files(ctx, paths)
	var bad *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist) && errors.As(err, &bad):
		return nil, fmt.Errorf(text.IngestNoPath, bad.Path)
	case errors.Is(err, fs.ErrPermission) && errors.As(err, &bad):
		return nil, fmt.Errorf(text.IngestNoEntry, bad.Path)
	case errors.As(err, &bad):
		return nil, fmt.Errorf(text.IngestBadPath, bad.Path, bad.Err)
	case err != nil:
		return nil, err
	case len(files) == 0:
		return nil, errors.New(text.IngestNothing)
	case len(files) > 1 && cmp.Or(o.Title, o.Number, o.Label) != "":
		return nil, fmt.Errorf(text.IngestOnlyOne, len(files))
	}
	return files, nil
}

func ingestState(s ingest.State) string {
	switch s {
	case ingest.Saved:
		return text.IngestSaved
	case ingest.Replaced:
		return text.IngestReplaced
	case ingest.Known:
		return text.IngestKnown
	case ingest.Review:
		return text.IngestReview
	case ingest.Refused:
		return text.IngestRefused
	}
	return string(s)
}

// ingestMessage is what a person reads of a report.
func ingestMessage(r ingest.Report) string {
	switch r.State {
	case ingest.Refused:
		return text.IngestRefusal(r.Code)
	case ingest.Known:
		line := text.IngestIsKnown
		switch r.Code {
		case ingest.Withdrawn:
			line = text.IngestWithdrawn
		case ingest.Waiting:
			line = text.IngestWaiting
		case ingest.Otherwise:
			line = text.IngestOtherwise
		}
		return fmt.Sprintf(line, r.Title)
	default: // it is there now
	}
	line := fmt.Sprintf(text.IngestRead, r.Title, r.Clauses)
	if r.Pages > 0 {
		line += fmt.Sprintf(text.IngestPages, r.Pages)
	}
	if r.State == ingest.Replaced {
		line += text.IngestOldEnds
	}
	if r.Repaired == clause.Doubled {
		line += text.IngestRepaired
	}
	said := map[string]bool{}
	for _, f := range r.Flags {
		if !said[f.Code] {
			said[f.Code] = true
			line += text.IngestFlag(f.Code)
		}
	}
	return line
}

// progressBar is a line on stderr that is drawn over itself on a terminal, and a line
// now and then elsewhere.
type progressBar struct {
	env
	total int
	drawn bool
	at    time.Time
}

// barEvery is how often the bar is drawn where lines stay.
const barEvery = 5 * time.Second

func (b *progressBar) show(n int) {
	now := b.now()
	terminal := b.terminal()
	if !terminal && n < b.total && (b.at.IsZero() || now.Sub(b.at) < barEvery) {
		if b.at.IsZero() {
			b.at = now
		}
		return
	}
	b.at = now
	full := barWidth * n / max(b.total, 1)
	line := fmt.Sprintf(text.IngestProgress, strings.Repeat("█", full), strings.Repeat("░", barWidth-full), n, b.total)
	if terminal {
		fmt.Fprint(b.err, line)
		b.drawn = true
		return
	}
	fmt.Fprintln(b.err, line)
}

func (b *progressBar) wipe() {
	if b.drawn {
		fmt.Fprint(b.err, "\r\x1b[K")
		b.drawn = false
	}
}

func (b *progressBar) terminal() bool {
	f, ok := b.err.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
