package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"qingfeng/bot/text"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
	"qingfeng/knowledge/ingest/clause"
	"qingfeng/knowledge/ingest/read"
)

// labelled is a corpus with questions and what is relevant to them.
type labelled struct {
	documents []evalDocument
	passages  int
	cut       bool        // some rows are several passages
	queries   []evalQuery // that have something relevant
	relevant  map[string]map[string]float64
	foreign   int // relevant rows that the corpus lacks
}

// evalDocument is what a corpus has under one title; rows name each passage's row.
type evalDocument struct {
	draft  knowledge.Draft
	rows   []string
	bodies []string // the draft's body, one line break between two
	length int      // its characters so far
}

type evalQuery struct{ id, text string }

func readLabelled(corpus, queries, qrels string) (set labelled, err error) {
	rows, err := set.readCorpus(corpus)
	if err != nil {
		return set, err
	}
	asked, err := readQueries(queries)
	if err != nil {
		return set, err
	}
	known := make(map[string]bool, len(asked))
	for _, q := range asked {
		known[q.id] = true
	}
	set.relevant = map[string]map[string]float64{}
	err = eachLine(qrels, func(line []byte) error {
		f := strings.Split(string(line), "\t")
		if len(f) != 3 {
			return errors.New(text.EvalBadQrel)
		}
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		rel, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			return fmt.Errorf(text.EvalBadRelevance, f[2])
		}
		if !known[f[0]] {
			return fmt.Errorf(text.EvalUnknownQuery, f[0])
		}
		if rel <= 0 {
			return nil
		}
		if !rows[f[1]] {
			set.foreign++
		}
		if set.relevant[f[0]] == nil {
			set.relevant[f[0]] = map[string]float64{}
		}
		set.relevant[f[0]][f[1]] = rel
		return nil
	})
	if err != nil {
		return set, err
	}
	for _, q := range asked {
		if set.relevant[q.id] != nil {
			set.queries = append(set.queries, q)
		}
	}
	if len(set.queries) == 0 {
		return set, errors.New(text.EvalNoQrels)
	}
	return set, nil
}

// label is an id: a string, or a number as it is written.
type label string

func (l *label) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*l = label(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(raw, &n); err != nil {
		return err
	}
	*l = label(n)
	return nil
}

// headings is a path: a list, or a text with slashes between the levels.
type headings []string

func (h *headings) UnmarshalJSON(raw []byte) error {
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return errors.New(text.EvalBadPath)
		}
		list = regexp.MustCompile(`\s[/>›]\s|\n`).Split(s, -1)
	}
	for _, p := range list {
		if p = strings.TrimSpace(p); p != "" {
			*h = append(*h, p)
		}
	}
	return nil
}

func (set *labelled) readCorpus(path string) (rows map[string]bool, err error) {
	rows = map[string]bool{}
	at := map[string]int{}
	err = eachLine(path, func(line []byte) error {
		var r struct {
			ID    label    `json:"id"`
			Title string   `json:"title"`
			Text  string   `json:"text"`
			Path  headings `json:"path"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf(text.EvalNotJSON, err)
		}
		switch {
		case r.ID == "":
			return errors.New(text.EvalNoID)
		case strings.TrimSpace(r.Text) == "":
			return errors.New(text.EvalNoText)
		case rows[string(r.ID)]:
			return fmt.Errorf(text.EvalTwice, r.ID)
		}
		rows[string(r.ID)] = true
		title, article := index.SplitTitle(r.Title)
		if title == "" {
			title = string(r.ID)
		}
		i, ok := at[title]
		if !ok {
			i = len(set.documents)
			at[title] = i
			// Each title is a document of its own, also where two differ by a year only:
			// nothing of a corpus may be superseded.
			set.documents = append(set.documents, evalDocument{draft: knowledge.Draft{
				Document: knowledge.Document{Title: title, Issuer: "eval-" + strconv.Itoa(i)},
				Version:  knowledge.Version{File: string(r.ID), Format: "txt"},
			}})
		}
		n := set.documents[i].put(string(r.ID), article, r.Path, r.Text)
		set.passages += n
		set.cut = set.cut || n > 1
		return nil
	})
	for i := range set.documents {
		set.documents[i].draft.Body = strings.Join(set.documents[i].bodies, "\n")
	}
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf(text.EvalNothing, path)
	}
	return rows, err
}

// put adds a row of the corpus as one passage; a long one that is no clause is cut as
// the product cuts documents.
func (d *evalDocument) put(row, article string, path []string, body string) int {
	passages := []knowledge.Passage{{Text: body, End: utf8.RuneCountInString(body)}}
	if article != "" {
		passages[0].Path, passages[0].Article = []string{article}, article
	} else if passages[0].End > longPassage {
		var t read.Text
		for line := range strings.Lines(body) {
			if line = strings.TrimSpace(line); line != "" {
				t.Lines = append(t.Lines, read.Line{Text: line})
			}
		}
		if r := clause.Read(t, d.draft.Document.Title); len(r.Passages) > 0 {
			passages, body = r.Passages, r.Body
		}
	}
	for _, p := range passages {
		p.Pos = len(d.draft.Passages)
		p.Path = append(path[:len(path):len(path)], p.Path...)
		p.Start, p.End = p.Start+d.length, p.End+d.length
		d.draft.Passages = append(d.draft.Passages, p)
		d.rows = append(d.rows, row)
	}
	d.bodies = append(d.bodies, body)
	d.length += utf8.RuneCountInString(body) + 1
	return len(passages)
}

// longPassage is how many characters a row has at most that is taken as it is.
const longPassage = 500

func readQueries(path string) (out []evalQuery, err error) {
	seen := map[string]bool{}
	err = eachLine(path, func(line []byte) error {
		var q struct {
			ID   label  `json:"id"`
			Text string `json:"text"`
		}
		if err := json.Unmarshal(line, &q); err != nil {
			return fmt.Errorf(text.EvalNotJSON, err)
		}
		switch {
		case q.ID == "":
			return errors.New(text.EvalNoID)
		case strings.TrimSpace(q.Text) == "":
			return errors.New(text.EvalNoText)
		case seen[string(q.ID)]:
			return fmt.Errorf(text.EvalTwice, q.ID)
		}
		seen[string(q.ID)] = true
		out = append(out, evalQuery{string(q.ID), q.Text})
		return nil
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf(text.EvalNothing, path)
	}
	return out, err
}

// eachLine hands over the lines of a file that are not blank; an error says which line
// it is about.
func eachLine(path string, each func(line []byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if n == 1 {
			line = []byte(strings.TrimPrefix(string(line), "\uFEFF"))
		}
		if s := strings.TrimSpace(string(line)); s != "" {
			if err := each([]byte(strings.TrimRight(string(line), "\r\n"))); err != nil {
				return fmt.Errorf(text.EvalBadLine, path, n, err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
