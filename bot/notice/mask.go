package notice

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed mask.json
var maskFile []byte

//go:embed words.json
var wordsFile []byte

// rules is mask.json: who may read which field, and the sentences of this package.
type rules struct {
	Fields []struct {
		Field Field      `json:"field"`
		Name  string     `json:"name"`
		Open  []Audience `json:"open"`
		Why   string     `json:"why"`
	} `json:"fields"`
	Opens  map[What][]Field  `json:"opens"`
	Say    map[string]string `json:"say"`
	Notice string            `json:"notice"`
	Plain  plainRules        `json:"plain"`
}

// plainRules is how a point is told to citizens.
type plainRules struct {
	Step      string            `json:"step"`
	Item      string            `json:"item"`
	Post      string            `json:"post"`
	Bare      string            `json:"bare"`
	Who       string            `json:"who"`
	Frequency string            `json:"frequency"`
	Evidence  string            `json:"evidence"`
	Monitor   string            `json:"monitor"`
	Words     map[string]string `json:"words"` // jargon and what people say instead
}

// wordLists is words.json: what must not stand in a published text.
type wordLists struct {
	PlainNames   []string  `json:"plain_names"` // names that are also ordinary words
	Titles       []string  `json:"titles"`
	DoubleRandom []string  `json:"double_random"` // the name of the policy; its 一 counts nothing
	DoubleAs     string    `json:"double_random_as"`
	Sampling     []pattern `json:"sampling"`
	FlagFree     []string  `json:"flag_free"` // how to complain, which anybody may know
	Flags        []pattern `json:"flags"`
}

// pattern is a regular expression that lives in a data file.
type pattern struct{ *regexp.Regexp }

func (p *pattern) UnmarshalJSON(raw []byte) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	re, err := regexp.Compile(s)
	p.Regexp = re
	return err
}

// A data file that cannot be read is a broken build; the tests of this package read both.
func load[T any](raw []byte, name string) T {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		panic("notice " + name + ": " + err.Error())
	}
	return v
}

var (
	ruled  = sync.OnceValue(func() rules { return load[rules](maskFile, "mask.json") })
	listed = sync.OnceValue(func() wordLists { return load[wordLists](wordsFile, "words.json") })
)

// Mask is which fields an audience may read (mask.json).
type Mask struct{ audience Audience }

// NewMask is the mask of an audience; that of an unknown one is closed for every field.
func NewMask(a Audience) Mask { return Mask{audience: a} }

// Allows reports whether the audience may read the field. A holder's name needs the
// unit's decision besides (Input.Holders).
func (m Mask) Allows(f Field) bool {
	for _, r := range ruled().Fields {
		if r.Field == f {
			return slices.Contains(r.Open, m.audience)
		}
	}
	return false
}

// Fields lists the open fields in the order of the register.
func (m Mask) Fields() []Field {
	out := []Field{}
	for _, r := range ruled().Fields {
		if slices.Contains(r.Open, m.audience) {
			out = append(out, r.Field)
		}
	}
	return out
}

// Why is the reason in one line why a field is closed, "" for an open one.
func (m Mask) Why(f Field) string {
	if m.Allows(f) {
		return ""
	}
	for _, r := range ruled().Fields {
		if r.Field == f && r.Why != "" {
			return r.Why
		}
	}
	return ruled().Say["audience"]
}

// Fields lists all fields in the order of the register.
func Fields() []Field {
	var out []Field
	for _, r := range ruled().Fields {
		out = append(out, r.Field)
	}
	return out
}

// FieldName is a field as people call it.
func FieldName(f Field) string {
	for _, r := range ruled().Fields {
		if r.Field == f {
			return r.Name
		}
	}
	return string(f)
}

// PlaqueName is the holder's name as it may stand on the plaque (桌牌) of a post: "" unless
// the unit decided for names, and beside a point that is Nameless. The plaque is paper; no
// snapshot but the internal one ever holds a name, so the page that prints it brings one.
func PlaqueName(points []Point, holder string, decided bool) string {
	if !decided || slices.ContainsFunc(points, func(p Point) bool { return p.Nameless }) {
		return ""
	}
	return strings.TrimSpace(holder)
}
