package risk

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"qingfeng/bot"
)

//go:embed packs/*.json library/*.json
var data embed.FS

// Pack is a rule pack (规则包): everything that differs from unit to unit. A pack file
// is laid over packs/base.json, which holds the quality rules that all packs share, so
// a pack names only what it changes. A unit may keep an edited copy and read it with
// ParsePack. A Pack is read-only once loaded and safe to share.
type Pack struct {
	Code    string `json:"code"`
	Name    string `json:"name"`
	Version string `json:"version"`

	Categories []CategoryDef `json:"categories"`
	Levels     []LevelDef    `json:"levels"`
	Factors    FactorTable   `json:"factors"`

	MonitorRule map[Level][]Monitor `json:"monitors"`
	Chains      []Chain             `json:"chains"`

	MeasuresDue string              `json:"measures_due"` // with_points or later
	Methods     []MethodDef         `json:"methods"`
	MisuseDefs  []MisuseDef         `json:"misuses"`
	Mutual      MutualRule          `json:"mutual"`
	Quick       []string            `json:"quick_return_reasons"`
	Forms       []FormDef           `json:"forms"`
	Quality     QualityRules        `json:"quality"`
	RoleNames   map[bot.Role]string `json:"roles"`

	SoftCap         int `json:"soft_cap"`         // points per post before L12 asks
	WithdrawMinutes int `json:"withdraw_minutes"` // the owner may withdraw a submission
	ReviewDays      int `json:"review_days"`      // a reviewer has so many working days
	CardHours       int `json:"card_hours"`       // a card lives so long; then a new one is sent
}

// CategoryDef is one category as this pack names it.
type CategoryDef struct {
	Code       Category   `json:"code"`
	Label      string     `json:"label"`
	Aliases    []string   `json:"aliases"`
	Question   string     `json:"question"`   // the coach's plain question
	Definition string     `json:"definition"` // in our words
	Form       string     `json:"form"`       // as the official forms print it; empty: the label
	Folds      []Category `json:"folds"`      // canonical codes this pack shows under this one
	Layers     []Layer    `json:"layers"`     // which layers may use it; empty: any
	Words      []string   `json:"words"`      // what speaks for it; longer words weigh more
	Why        string     `json:"why"`        // %s: the words that spoke for it
	Effective  string     `json:"effective"`  // test 1, asked on failure
}

// LevelDef is one level: its label and its criteria sentence.
type LevelDef struct {
	Code     Level    `json:"code"`
	Label    string   `json:"label"`
	Aliases  []string `json:"aliases"`
	Criteria string   `json:"criteria"`
}

// FactorTable turns tags and the node's words into factors, and factors into a level.
// Rows are tried in order; the first whose condition holds decides.
type FactorTable struct {
	Tags     map[PowerTag]int  `json:"tags"`    // power weight of a tag
	Stratum  map[Stratum]int   `json:"stratum"` // power is at least this
	Infer    []TagWords        `json:"infer"`   // tags of a post that carries none
	Words    []FactorWords     `json:"words"`   // what the node's and point's words add
	Defaults []DefaultRow      `json:"defaults"`
	Rows     []LevelRow        `json:"rows"`
	Names    map[string]string `json:"names"` // sentence per factor for the reason line
}

// TagWords infers a tag from the words of the item, node and post.
type TagWords struct {
	Tag   PowerTag `json:"tag"`
	Words []string `json:"words"`
}

// FactorWords raises or caps factors when one of the words is found.
type FactorWords struct {
	Words      []string `json:"words"`
	InText     bool     `json:"in_text"` // also look into the manifestation
	Power      int      `json:"power"`
	Discretion int      `json:"discretion"`
	Money      int      `json:"money"`
	Cap        *Cap     `json:"cap"`
}

// Cap lowers factors: a small, bounded or preparatory step.
type Cap struct {
	Power      *int `json:"power"`
	Discretion *int `json:"discretion"`
	Money      *int `json:"money"`
}

// Condition is a conjunction of lower bounds; Any is a disjunction inside it.
type Condition struct {
	ThreeYears bool        `json:"three_years,omitempty"`
	Power      int         `json:"power,omitempty"`
	Discretion int         `json:"discretion,omitempty"`
	Money      int         `json:"money,omitempty"`
	Likelihood int         `json:"likelihood,omitempty"`
	Harm       int         `json:"harm,omitempty"`
	Any        []Condition `json:"any,omitempty"`
}

// DefaultRow gives likelihood and harm before section review has (系统初评).
type DefaultRow struct {
	When       Condition `json:"when"`
	Likelihood int       `json:"likelihood"`
	Harm       int       `json:"harm"`
}

// LevelRow is one row of the level table.
type LevelRow struct {
	ID     string    `json:"id"`
	When   Condition `json:"when"`
	Level  Level     `json:"level"`
	Reason string    `json:"reason"`
}

// Monitor is who watches points of a level (监控主体).
type Monitor struct {
	Role bot.Role `json:"role"`
	Name string   `json:"name"`
}

// MethodDef names a search method (查找方式).
type MethodDef struct {
	Code  Method `json:"code"`
	Label string `json:"label"`
}

// MisuseDef names what a weak spot could be used for; Label fits a button.
type MisuseDef struct {
	Code  Misuse   `json:"code"`
	Label string   `json:"label"`
	Words []string `json:"words"`
}

// FormDef names an official form of this pack.
type FormDef struct {
	Code string `json:"code"` // fubiao1 …
	Name string `json:"name"`
}

// MutualRule says how a section checks its own points against each other.
type MutualRule struct {
	Convened int  `json:"convened"` // sections of at least so many people meet
	Peers    int  `json:"peers"`    // colleagues to assign when the unit chooses that instead
	Assigned bool `json:"assigned"` // this pack assigns peers by default
}

// MutualWay is how one form is mutually checked.
type MutualWay string

const (
	MutualHead     MutualWay = "head"     // a section of one: the head looks
	MutualOther    MutualWay = "other"    // a section of two: the other one looks
	MutualMeeting  MutualWay = "meeting"  // the section meets and marks rows together
	MutualAssigned MutualWay = "assigned" // two colleagues, each on their own
)

// QualityRules are the lint word lists, thresholds and sentences.
type QualityRules struct {
	Say        map[string]string `json:"say"`     // rule → one line for the cadre
	Rewrite    map[string]string `json:"rewrite"` // rule → a frame for the person's own words
	Weight     map[string]int    `json:"weight"`
	Vague      []string          `json:"vague"`     // L2
	Scope      []string          `json:"scope"`     // L3
	NotScope   []string          `json:"not_scope"` // words that only look like scope words
	Verbs      []string          `json:"verbs"`     // L1: an action is named
	Marks      []string          `json:"marks"`     // L1: short words that only stand beside an action
	NotMarks   []string          `json:"not_marks"` // words in which such a short word means nothing
	Slogans    []string          `json:"slogans"`   // measures that are only slogans
	Similarity float64           `json:"similarity"`
	SharedMax  int               `json:"shared_max"` // L11
}

const (
	measuresWithPoints = "with_points"
	measuresLater      = "later"
)

// PackCodes lists the packs that ship, in the order they are offered.
func PackCodes() []string { return []string{"county", "bureau", "college"} }

// LoadPack reads a shipped pack. Codes are those of PackCodes.
func LoadPack(code string) (*Pack, error) {
	if !slices.Contains(PackCodes(), code) {
		return nil, fmt.Errorf("rule pack %q: not one of %s", code, strings.Join(PackCodes(), ", "))
	}
	raw, err := data.ReadFile("packs/" + code + ".json")
	if err != nil {
		return nil, fmt.Errorf("rule pack %q: %w", code, err)
	}
	return ParsePack(raw)
}

// ParsePack reads a pack file, a unit's edited copy included, over the shared base and
// validates it. Unknown fields are an error, so that a misspelt rule never goes unnoticed.
func ParsePack(raw []byte) (*Pack, error) {
	base, err := data.ReadFile("packs/base.json")
	if err != nil {
		return nil, fmt.Errorf("rule pack base: %w", err)
	}
	var p Pack
	for _, layer := range [][]byte{base, raw} {
		dec := json.NewDecoder(bytes.NewReader(layer))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&p); err != nil {
			return nil, fmt.Errorf("rule pack: %w", err)
		}
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return &p, nil
}

// LevelLabel is the level as this pack writes it (一级, 高), or "" for none.
func (p *Pack) LevelLabel(l Level) string {
	for _, d := range p.Levels {
		if d.Code == l {
			return d.Label
		}
	}
	return ""
}

// LevelCriteria is the pack's sentence on what belongs in the level.
func (p *Pack) LevelCriteria(l Level) string {
	for _, d := range p.Levels {
		if d.Code == l {
			return d.Criteria
		}
	}
	return ""
}

// LevelOf reads a label or alias; 一级 is always 高.
func (p *Pack) LevelOf(label string) (Level, bool) {
	label = strings.TrimSpace(label)
	for _, d := range p.Levels {
		if label == d.Label || label == string(d.Code) || slices.Contains(d.Aliases, label) {
			return d.Code, true
		}
	}
	return "", false
}

// Category is the pack's definition of a canonical category.
func (p *Pack) Category(c Category) (CategoryDef, bool) {
	for _, d := range p.Categories {
		if d.Code == c || slices.Contains(d.Folds, c) {
			return d, true
		}
	}
	return CategoryDef{}, false
}

// CategoryLabel is the category as this pack writes it; a category the pack folds into
// another one is shown under that one's name.
func (p *Pack) CategoryLabel(c Category) string {
	if d, ok := p.Category(c); ok {
		return d.Label
	}
	return ""
}

// CategoryForm is the category as the official forms print it.
func (p *Pack) CategoryForm(c Category) string {
	d, _ := p.Category(c)
	if d.Form != "" {
		return d.Form
	}
	return d.Label
}

// CategoryOf reads a label, code or alias into the canonical code.
func (p *Pack) CategoryOf(label string) (Category, bool) {
	label = strings.TrimSpace(label)
	for _, d := range p.Categories {
		if label == d.Label || label == string(d.Code) || slices.Contains(d.Aliases, label) {
			return d.Code, true
		}
	}
	return "", false
}

// CategoriesFor lists what a layer may choose from, in the pack's order.
func (p *Pack) CategoriesFor(l Layer) []CategoryDef {
	var out []CategoryDef
	for _, d := range p.Categories {
		if len(d.Layers) == 0 || slices.Contains(d.Layers, l) {
			out = append(out, d)
		}
	}
	return out
}

// MeasuresWithPoints reports whether measures are due together with the points (S0).
func (p *Pack) MeasuresWithPoints() bool { return p.MeasuresDue == measuresWithPoints }

// Monitors is who watches a point of this level; L1 has two in the county pack.
func (p *Pack) Monitors(l Level) []Monitor { return slices.Clone(p.MonitorRule[l]) }

// MonitorLine is the monitors in one line, for forms and Point.Monitor.
func (p *Pack) MonitorLine(l Level) string {
	var names []string
	for _, m := range p.MonitorRule[l] {
		names = append(names, m.Name)
	}
	return strings.Join(names, "＋")
}

// MethodLabel names a search method.
func (p *Pack) MethodLabel(m Method) string {
	for _, d := range p.Methods {
		if d.Code == m {
			return d.Label
		}
	}
	return ""
}

// MisuseLabel names what a weak spot could be used for.
func (p *Pack) MisuseLabel(m Misuse) string {
	for _, d := range p.MisuseDefs {
		if d.Code == m {
			return d.Label
		}
	}
	return ""
}

// RoleLabel names a role in Chinese.
func (p *Pack) RoleLabel(r bot.Role) string { return p.RoleNames[r] }

// FormName names an official form (fubiao1 …), or "" when the pack has none of that code.
func (p *Pack) FormName(code string) string {
	for _, f := range p.Forms {
		if f.Code == code {
			return f.Name
		}
	}
	return ""
}

// MutualFor says how a section of so many people (the owner included) checks mutually.
func (p *Pack) MutualFor(people int) MutualWay {
	switch {
	case people <= 1:
		return MutualHead
	case people == 2:
		return MutualOther
	case p.Mutual.Assigned:
		return MutualAssigned
	default:
		return MutualMeeting
	}
}
