package plan

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path"
)

//go:embed templates/*.json recurrences.json
var data embed.FS

// codes are the templates in the order they are offered; the first of a pack is its
// default.
func codes() []string { return []string{"county", "county-ten", "bureau", "college"} }

// Templates are the calendars this version was built with (DOMAIN.md §1.4, §3.2).
func Templates() ([]Template, error) {
	var out []Template
	for _, code := range codes() {
		t, err := LoadTemplate(code)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// LoadTemplate is one of Templates; an unknown code is an error.
func LoadTemplate(code string) (t Template, err error) {
	if err := load(path.Join("templates", code+".json"), &t); err != nil {
		return Template{}, fmt.Errorf("template %q: %w", code, err)
	}
	return t, nil
}

// ForPack are the templates of a pack, the default one first.
func ForPack(pack string) (out []Template, err error) {
	all, err := Templates()
	for _, t := range all {
		if t.Pack == pack {
			out = append(out, t)
		}
	}
	return out, err
}

// DefaultLadder is the ladder of R-T5, for what comes from no template.
func DefaultLadder() Ladder {
	return Ladder{Rungs: []Rung{
		{At: -3, To: []int{0}},
		{At: -1, To: []int{0}},
		{At: 0, To: []int{0}, Urgent: true},
		{At: 1, To: []int{0, 1}},
		{At: 3, To: []int{0, 2}},
		{At: 5, To: []int{0, 3}},
	}}
}

// load reads an embedded file; a field that is not known is a slip of the pen.
func load(name string, into any) error {
	raw, err := data.ReadFile(name)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
