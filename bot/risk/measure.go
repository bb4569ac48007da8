package risk

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

type measureLibrary struct {
	Who       string                 `json:"who"`
	Frequency string                 `json:"frequency"`
	NotDone   string                 `json:"not_done"`
	Families  []measureFamily        `json:"families"`
	Generic   map[Category][]libItem `json:"generic"`
}

type measureFamily struct {
	Code     string    `json:"code"`
	Words    []string  `json:"words"`
	Measures []libItem `json:"measures"`
}

type libItem struct {
	Measure
	For []Category `json:"for,omitempty"` // empty: duty and process
}

// Measures offers exactly three ready measures for a point: those of the node's family
// of work, filled up with the category's own. Each says who, how often and what stays
// as evidence; {post} and {node} are the catalogue's names.
func Measures(p *Pack, node Node, cat Category, text string) []Measure {
	lib := measures()
	post := node.PostName
	if post == "" {
		post = lib.Who
	}
	if d, ok := p.Category(cat); ok && !slices.Contains([]Category{Duty, Process, Institution, Ethics, External}, cat) {
		cat = d.Code
	}
	var out []Measure
	add := func(items []libItem, most int, want func(libItem) bool) {
		for _, it := range items {
			if len(out) >= most {
				return
			}
			if !want(it) {
				continue
			}
			m := it.Measure
			m.Text = fill(m.Text, "node", nodeName(node), "post", post)
			m.Who = fill(m.Who, "post", post)
			if m.Frequency == "" {
				m.Frequency = lib.Frequency
			}
			if m.NotDone == "" {
				m.NotDone = lib.NotDone
			}
			if !slices.ContainsFunc(out, func(o Measure) bool { return o.Text == m.Text }) {
				out = append(out, m)
			}
		}
	}
	own := func(it libItem) bool { return slices.Contains(it.For, cat) }
	plain := func(it libItem) bool { return len(it.For) == 0 }
	fam := familyOf(node, text)
	add(fam.Measures, 3, own)
	switch cat {
	case Duty, Process, "":
		add(fam.Measures, 3, plain)
	case Institution:
		if len(out) == 0 {
			add(lib.Generic[cat], 1, plain)
		}
		add(fam.Measures, 3, plain)
	default: // ethics and external risks are not met by the work's own measures
	}
	if cat == "" {
		cat = Duty
	}
	add(lib.Generic[cat], 3, plain)
	add(lib.Generic[Process], 3, plain)
	add(lib.Generic[Duty], 3, plain)
	return out
}

// familyOf finds the family of work: the node's own words count most, the item's and the
// text's less; among equals the family listed first wins.
func familyOf(node Node, text string) measureFamily {
	var best measureFamily
	score := 0
	for _, f := range measures().Families {
		s := 3*runes(found(node.Name, f.Words)) + 2*runes(found(node.Item, f.Words)) + runes(found(text, f.Words))
		if s > score {
			best, score = f, s
		}
	}
	return best
}

func runes(list []string) int {
	n := 0
	for _, w := range list {
		n += utf8.RuneCountInString(w)
	}
	return n
}

func nodeName(n Node) string {
	if n.Name != "" {
		return n.Name
	}
	return say("node.this")
}

// SplitMeasures separates the measures a person typed behind 措施： from the manifestation.
func SplitMeasures(text string) (manifestation string, list []string) {
	parts := words().MeasureSplit.Split(strings.TrimSpace(text), -1)
	for _, part := range parts[1:] {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return strings.TrimSpace(parts[0]), list
}

// ParseMeasure reads who, how often, what evidence and what counts as not done from a
// sentence, either from a bracketed tail （责任人：…；每笔；佐证材料：…；判定：…） or
// from free words. What the sentence does not say is taken from defaults; nothing else
// is invented.
func ParseMeasure(text string, defaults Measure) Measure {
	w := words()
	text = strings.TrimSpace(w.MeasureHead.ReplaceAllString(strings.TrimSpace(text), ""))
	m := Measure{}
	body := text
	if tail := w.MeasureTail.FindStringSubmatch(text); tail != nil && strings.TrimSpace(tail[1]) != "" {
		if parseSlots(tail[2], &m) {
			body = tail[1]
		}
	}
	m.Text = strings.Trim(body, " 　。；;，,")
	if m.Who == "" {
		if hit := w.WhoFree.FindStringSubmatch(m.Text); hit != nil {
			m.Who = hit[1]
		}
	}
	if m.Frequency == "" {
		m.Frequency = frequency(m.Text)
	}
	if m.Evidence == "" {
		if hits := w.EvidenceFree.FindAllStringSubmatch(m.Text, -1); hits != nil {
			m.Evidence = hits[len(hits)-1][1]
		}
	}
	if m.Evidence == "" && w.Institution.MatchString(text) && (strings.Contains(text, "《") || w.Institution.FindStringIndex(body) != nil) {
		m.Evidence = w.InstitutionEvidence
	}
	return withDefaults(m, defaults)
}

func withDefaults(m, d Measure) Measure {
	for _, f := range []struct {
		have *string
		def  string
	}{{&m.Text, d.Text}, {&m.Who, d.Who}, {&m.Frequency, d.Frequency}, {&m.Evidence, d.Evidence}, {&m.NotDone, d.NotDone}} {
		if *f.have == "" {
			*f.have = f.def
		}
	}
	return m
}

// parseSlots reads the parts of a bracketed tail; false when none of them is a slot.
func parseSlots(tail string, m *Measure) bool {
	w := words()
	understood := false
	for _, part := range w.MeasureItem.Split(tail, -1) {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		label := func(re pattern) (string, bool) {
			at := re.FindStringIndex(part)
			if at == nil {
				return "", false
			}
			return strings.TrimSpace(part[at[1]:]), true
		}
		switch {
		case w.Institution.MatchString(part):
			m.Evidence = w.InstitutionEvidence
			if f := frequency(part); f != "" {
				m.Frequency = f
			}
		case setLabelled(&m.Evidence, w.EvidenceLabel, label), setLabelled(&m.NotDone, w.NotDoneLabel, label),
			setLabelled(&m.Frequency, w.DueLabel, label), setLabelled(&m.Frequency, w.FreqLabel, label),
			setLabelled(&m.Who, w.WhoLabel, label):
		case frequency(part) == canonicalFreq(part):
			m.Frequency = canonicalFreq(part)
		case w.WhoTail.MatchString(part) && utf8.RuneCountInString(part) <= 12:
			m.Who = part
		default:
			continue
		}
		understood = true
	}
	return understood
}

func setLabelled(slot *string, re pattern, label func(pattern) (string, bool)) bool {
	v, ok := label(re)
	if !ok || v == "" {
		return false
	}
	*slot = v
	return true
}

func frequency(text string) string { return canonicalFreq(words().Freq.FindString(text)) }

func canonicalFreq(f string) string {
	f = strings.TrimSpace(f)
	if to, ok := words().FreqMap[f]; ok {
		return to
	}
	return f
}

// EditSlot understands a change of one slot in words: 频次改每月, 责任人改成股长,
// 佐证材料：照片, 改成每季度. It answers false when it cannot tell which slot is meant.
func EditSlot(m Measure, text string) (Measure, bool) {
	w := words()
	text = strings.Trim(strings.TrimSpace(narrowMarks(text)), " 。；;，,")
	for _, slot := range []struct {
		name string
		at   *string
	}{{"not_done", &m.NotDone}, {"evidence", &m.Evidence}, {"frequency", &m.Frequency}, {"who", &m.Who}, {"text", &m.Text}} {
		for _, label := range w.Slots[slot.name] {
			i := strings.Index(text, label)
			if i < 0 || utf8.RuneCountInString(text[:i]) > 2 {
				continue
			}
			value, ok := afterVerb(text[i+len(label):])
			if !ok {
				continue
			}
			if slot.name == "frequency" {
				value = canonicalFreq(value)
			}
			*slot.at = value
			return m, true
		}
	}
	value, changed := afterVerb(text)
	if !changed {
		value = text
	}
	if f := frequency(value); f != "" && utf8.RuneCountInString(value) <= utf8.RuneCountInString(f)+2 {
		m.Frequency = f
		return m, true
	}
	if changed && w.WhoTail.MatchString(value) && utf8.RuneCountInString(value) <= 12 {
		m.Who = value
		return m, true
	}
	if hit := regexp.MustCompile(`^(?:` + w.EvidenceFree.String() + `)$`).FindStringSubmatch(value); hit != nil {
		m.Evidence = hit[1]
		return m, true
	}
	return m, false
}

// afterVerb strips 改成, 为, ： and the like from the front.
func afterVerb(s string) (string, bool) {
	s = strings.TrimSpace(s)
	stripped := false
	for {
		verb := ""
		for _, v := range words().ChangeVerbs {
			if strings.HasPrefix(s, v) && len(v) > len(verb) {
				verb = v
			}
		}
		if verb == "" {
			break
		}
		s, stripped = strings.TrimSpace(s[len(verb):]), true
	}
	return strings.Trim(s, " “”\"「」"), stripped && s != ""
}

func narrowMarks(s string) string { return strings.ReplaceAll(s, "　", " ") }
