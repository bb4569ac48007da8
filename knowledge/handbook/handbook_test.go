package handbook_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"qingfeng/knowledge/handbook"
)

type clause struct{ file, title, text string }

// clauses reads the documents with as little as possible, so that a mistake in the
// product's reader does not hide one in the handbook.
func clauses(t *testing.T) []clause {
	t.Helper()
	names, err := fs.Glob(handbook.Files, "*.md")
	if err != nil || len(names) < 8 {
		t.Fatal(names, err)
	}
	var out []clause
	for _, name := range names {
		raw, err := fs.ReadFile(handbook.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		var title string
		chapter, open := false, false
		for i, line := range strings.Split(string(raw), "\n") {
			switch {
			case i == 0 && line != "---", i == 4 && line != "---",
				i == 1 && !strings.HasPrefix(line, "title: "), i == 2 && !strings.HasPrefix(line, "issuer: "),
				i == 3 && !strings.HasPrefix(line, "effective: 20"):
				t.Errorf("%s:%d: front matter: %q", name, i+1, line)
			case i == 1:
				title = strings.TrimPrefix(line, "title: ")
			case strings.HasPrefix(line, "### "):
				if !chapter {
					t.Errorf("%s:%d: a clause outside a chapter", name, i+1)
				}
				out, open = append(out, clause{file: name, title: line[4:]}), true
			case strings.HasPrefix(line, "## "):
				chapter, open = true, false
			case strings.HasPrefix(line, "# "):
				if line[2:] != title {
					t.Errorf("%s: headed %q but titled %q", name, line[2:], title)
				}
			case strings.TrimSpace(line) != line:
				t.Errorf("%s:%d: blanks at an end of the line", name, i+1)
			case open:
				out[len(out)-1].text += line
			case i > 4 && line != "":
				t.Errorf("%s:%d: text outside a clause", name, i+1)
			}
		}
	}
	return out
}

func TestEveryClauseHasItsOwnTitleAndAReadableLength(t *testing.T) {
	all := clauses(t)
	if len(all) < 90 {
		t.Errorf("%d clauses", len(all))
	}
	where := map[string]string{}
	for _, c := range all {
		if other, twice := where[c.title]; twice {
			t.Errorf("%s: %s is also in %s", c.file, c.title, other)
		}
		where[c.title] = c.file
		if n := utf8.RuneCountInString(c.text); n < 40 || n > 600 {
			t.Errorf("%s: %s has %d characters", c.file, c.title, n)
		}
	}
}

func TestEveryClauseHasQuestionsAndEveryQuestionAClause(t *testing.T) {
	count := map[string]int{}
	for _, c := range clauses(t) {
		count[c.title] = 0
	}
	asked := map[string]bool{}
	for _, row := range rows(t, "questions.tsv", 2) {
		if _, known := count[row[0]]; !known {
			t.Errorf("questions.tsv: no clause %s", row[0])
		}
		if asked[row[1]] {
			t.Errorf("questions.tsv: %s is asked twice", row[1])
		}
		asked[row[1]] = true
		count[row[0]]++
	}
	if len(asked) < 250 {
		t.Errorf("%d questions", len(asked))
	}
	for title, n := range count {
		if n < 1 {
			t.Errorf("%s has %d questions", title, n)
		}
	}
	follow := rows(t, "followups.tsv", 3)
	if len(follow) < 25 {
		t.Errorf("%d follow-ups", len(follow))
	}
	for _, row := range follow {
		if _, known := count[row[2]]; !known {
			t.Errorf("followups.tsv: no clause %s", row[2])
		}
	}
	foreign := rows(t, "foreign.txt", 1)
	if len(foreign) < 200 {
		t.Errorf("%d foreign questions", len(foreign))
	}
	seen := map[string]bool{}
	for _, row := range foreign {
		if asked[row[0]] || seen[row[0]] {
			t.Errorf("foreign.txt: %s stands twice", row[0])
		}
		seen[row[0]] = true
	}
}

func rows(t *testing.T, name string, columns int) [][]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for i, line := range strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n") {
		row := strings.Split(line, "\t")
		if len(row) != columns {
			t.Fatalf("%s:%d: %d columns", name, i+1, len(row))
		}
		for _, cell := range row {
			if strings.TrimSpace(cell) != cell || cell == "" {
				t.Errorf("%s:%d: %q", name, i+1, cell)
			}
		}
		out = append(out, row)
	}
	return out
}
