package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"qingfeng/knowledge"
	"qingfeng/knowledge/ingest/clause"
	"qingfeng/knowledge/ingest/read"
)

// Store keeps what was read; index.Store is one.
type Store interface {
	// KnownFile finds the version that was read from a file with this hash.
	KnownFile(ctx context.Context, hash string) (knowledge.Document, knowledge.Version, bool, error)
	// KnownVersion finds a version by its id.
	KnownVersion(ctx context.Context, id int64) (knowledge.Document, knowledge.Version, bool, error)
	// Save stores a draft in one transaction.
	Save(ctx context.Context, d knowledge.Draft) (knowledge.Saved, error)
}

// Pipeline brings files into the knowledge base.
type Pipeline struct {
	Reader  Reader
	Store   Store
	Readers int   // files read at the same time; 0 is 2
	MaxFile int64 // bytes; larger files are refused unread; 0 is read.DefaultLimits
}

// Options say what the files do not. Empty fields leave what was read in the document.
type Options struct {
	Library   string   // empty: the store's main one
	Audiences []string // empty: knowledge.Internal

	Title     string
	Issuer    string
	Number    string
	Label     string
	Authority knowledge.Authority
	Effective time.Time
	Repealed  time.Time
}

// State is what became of a file.
type State string

// The states of a Report.
const (
	Saved    State = "saved"    // found from now on
	Known    State = "known"    // was there already; nothing changed
	Replaced State = "replaced" // saved, and an older version ceased to hold
	Review   State = "review"   // saved, but nobody finds it until a person has looked
	Refused  State = "refused"
)

// Codes of a known file that a person should hear about; and of refusals that are not
// a reader's.
const (
	Withdrawn  = "withdrawn"  // it is known, but was taken out of the knowledge base
	Waiting    = "waiting"    // it is known, and still waits for a person
	Otherwise  = "otherwise"  // it is known to other readers than were asked for now
	Unreadable = "unreadable" // it cannot be opened
)

// Report is what became of one file.
type Report struct {
	File     string           `json:"file"`
	State    State            `json:"state"`
	Title    string           `json:"title,omitempty"`
	Document int64            `json:"document,omitempty"`
	Version  int64            `json:"version,omitempty"`
	Clauses  int              `json:"clauses"`
	Pages    int              `json:"pages,omitempty"`
	Repaired string           `json:"repaired,omitempty"`
	Flags    []knowledge.Flag `json:"flags,omitempty"`
	Code     string           `json:"code,omitempty"`
	Detail   string           `json:"detail,omitempty"`

	N     int `json:"-"` // this is the nth of Total files of the run
	Total int `json:"-"`
}

// Run reads all files of the paths and reports each, in the order of Files. It ends
// early when ctx does, or when the store or the machine fails: what was saved until
// then stays, and the same run again takes up the rest.
func (p Pipeline) Run(ctx context.Context, paths []string, o Options, report func(Report)) error {
	files, err := Files(ctx, paths)
	if err != nil {
		return err
	}
	// Readers work ahead of the one writer, in order, and wait when it is behind: so
	// many texts are in memory, not more.
	g, ctx := errgroup.WithContext(ctx)
	ahead := max(p.Readers, 0)
	if ahead == 0 {
		ahead = 2
	}
	queue := make(chan chan draft, ahead-1)
	turns := make(chan struct{}, ahead)
	g.Go(func() error {
		defer close(queue)
		for _, file := range files {
			done := make(chan draft, 1)
			select {
			case turns <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			g.Go(func() error {
				defer func() { <-turns }()
				d, err := p.open(ctx, file, o)
				done <- d
				return err
			})
			select {
			case queue <- done:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	g.Go(func() error {
		n := 0
		for done := range queue {
			var d draft
			select {
			case d = <-done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			r, err := p.save(ctx, d)
			if err != nil {
				return fmt.Errorf("%s: %w", d.report.File, err)
			}
			n++
			r.N, r.Total = n, len(files)
			report(r)
		}
		return nil
	})
	return g.Wait()
}

// One reads and saves a single file that somebody sent, under the name it came with.
func (p Pipeline) One(ctx context.Context, name string, f io.ReaderAt, size int64, o Options) (Report, error) {
	d, err := p.read(ctx, name, f, size, o)
	if err != nil {
		return Report{}, err
	}
	r, err := p.save(ctx, d)
	r.N, r.Total = 1, 1
	return r, err
}

// draft is a file on its way: read, or with its report written already.
type draft struct {
	knowledge.Draft
	report Report
}

// open reads a file from the disk.
func (p Pipeline) open(ctx context.Context, path string, o Options) (draft, error) {
	d := draft{report: Report{File: path, State: Refused, Code: Unreadable}}
	// A pipe or a device would be waited for.
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		d.report.Detail = why(err)
		return d, nil
	}
	f, err := os.Open(path)
	if err != nil {
		d.report.Detail = why(err)
		return d, nil
	}
	defer f.Close()
	return p.read(ctx, path, f, info.Size(), o)
}

// why is what the system says of a path, without the path.
func why(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return "not a regular file"
}

// read reads a file into a draft, unless it is known or refused. An error is the
// store's or the machine's.
func (p Pipeline) read(ctx context.Context, name string, f io.ReaderAt, size int64, o Options) (draft, error) {
	d := draft{report: Report{File: name, State: Refused}}
	limit := p.MaxFile
	if limit == 0 {
		limit = read.DefaultLimits().FileBytes
	}
	if size > limit {
		d.report.Code, d.report.Detail = read.TooBig, fmt.Sprintf("%d bytes of %d", size, limit)
		return d, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, size)); err != nil {
		d.report.Code, d.report.Detail = Unreadable, why(err)
		return d, nil
	}
	doc, version, known, err := p.Store.KnownFile(ctx, hex.EncodeToString(sum.Sum(nil)))
	if err != nil {
		return d, err
	}
	if known {
		d.report.is(doc, version, o.audiences())
		return d, nil
	}
	d.Draft, err = p.understand(ctx, name, f, size, o)
	var bad *read.Error
	switch {
	case errors.As(err, &bad):
		d.report.Code, d.report.Detail = bad.Code, bad.Detail
		return d, nil
	case err != nil:
		return d, err
	}
	d.report = Report{
		File: name, State: Saved, Title: d.Document.Title, Clauses: len(d.Passages),
		Pages: d.Version.Pages, Repaired: d.Version.Repaired, Flags: d.Version.Flags,
	}
	if d.Document.Title == "" || len(d.Passages) == 0 {
		d.report = Report{File: name, State: Refused, Code: read.Empty, Detail: "no clause"}
	}
	return d, nil
}

// understand reads a file and cuts it. A text that breaks the cutting is one file's
// misfortune, not the run's.
func (p Pipeline) understand(ctx context.Context, name string, f io.ReaderAt, size int64, o Options) (d knowledge.Draft, err error) {
	defer func() {
		if r := recover(); r != nil {
			d, err = knowledge.Draft{}, &read.Error{Code: Crashed, Detail: fmt.Sprintf("%.100v", r)}
		}
	}()
	text, hash, err := p.Reader.Read(ctx, name, f, size)
	if err != nil {
		return knowledge.Draft{}, err
	}
	return o.draft(text, filepath.Base(name), hash), nil
}

// is reports a file that is there already.
func (r *Report) is(doc knowledge.Document, v knowledge.Version, audiences []string) {
	r.State, r.Title, r.Document, r.Version = Known, doc.Title, doc.ID, v.ID
	r.Pages, r.Repaired, r.Flags = v.Pages, v.Repaired, v.Flags
	switch {
	case !v.Withdrawn.IsZero():
		r.Code = Withdrawn
	case v.Review:
		r.Code = Waiting
	case !sameAudiences(doc.Audiences, audiences):
		r.Code = Otherwise
	}
}

func sameAudiences(a, b []string) bool {
	set := map[string]bool{}
	for _, x := range a {
		set[x] = true
	}
	for _, x := range b {
		if !set[x] {
			return false
		}
	}
	return len(set) == len(b)
}

func (o Options) audiences() []string {
	if len(o.Audiences) == 0 {
		return []string{knowledge.Internal}
	}
	return o.Audiences
}

// draft cuts a text and lets what was said about it stand above what it says itself.
func (o Options) draft(t read.Text, file, hash string) knowledge.Draft {
	c := clause.Read(t, file)
	d := knowledge.Draft{Document: c.Document, Version: c.Version, Body: c.Body, Passages: c.Passages}
	d.Document.Library, d.Document.Audiences = o.Library, o.audiences()
	d.Version.File, d.Version.Hash, d.Version.Format, d.Version.Pages = file, hash, t.Format, t.Pages
	for _, f := range []struct {
		to   *string
		from string
	}{{&d.Document.Title, o.Title}, {&d.Document.Issuer, o.Issuer}, {&d.Document.Number, o.Number}, {&d.Version.Label, o.Label}} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	if o.Authority != knowledge.Unknown {
		d.Document.Authority = o.Authority
	}
	if !o.Effective.IsZero() {
		d.Version.Effective = o.Effective
	}
	if !o.Repealed.IsZero() {
		d.Version.Repealed = o.Repealed
	}
	return d
}

// save stores a draft that has not been refused and is not known.
func (p Pipeline) save(ctx context.Context, d draft) (Report, error) {
	r := d.report
	if r.State != Saved {
		return r, nil
	}
	saved, err := p.Store.Save(ctx, d.Draft)
	if err != nil {
		return r, err
	}
	r.Document, r.Version = saved.Document, saved.Version
	switch {
	case saved.Known: // the text is, in another file
		doc, v, _, err := p.Store.KnownVersion(ctx, saved.Version)
		if err != nil {
			return r, err
		}
		r.is(doc, v, d.Document.Audiences)
	case d.Version.Review:
		r.State = Review
	case saved.Replaced != 0:
		r.State = Replaced
	}
	return r, nil
}
