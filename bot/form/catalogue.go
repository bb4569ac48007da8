package form

import (
	"fmt"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

const (
	cSection = iota
	cItem
	cClass
	cContent
	cBasis
	cNodes
	cLimit
	cSupervision
)

func catalogueColumns() []column {
	return []column{
		cSection:     {names: text.FormColSection, required: true, max: 40, help: text.FormHelpSection, width: 18},
		cItem:        {names: text.FormColItem, required: true, max: 80, help: text.FormHelpItem, width: 26},
		cClass:       {names: text.FormColClass, required: true, help: fmt.Sprintf(text.FormHelpClass, strings.Join(offered(classes()), list)), width: 14, list: offered(classes())},
		cContent:     {names: text.FormColContent, max: 1000, help: text.FormHelpContent, width: 32},
		cBasis:       {names: text.FormColBasis, max: 1000, help: text.FormHelpBasis, width: 30},
		cNodes:       {names: text.FormColNodes, max: 2000, help: text.FormHelpNodes, width: 50},
		cLimit:       {names: text.FormColLimit, max: 200, help: text.FormHelpLimit, width: 14},
		cSupervision: {names: text.FormColSupervise, max: 500, help: text.FormHelpSupervision, width: 28},
	}
}

// ParseCatalogue reads a catalogue of power items (职权目录). An item whose steps stand
// on several rows becomes one, under the number of the first.
func ParseCatalogue(data []byte) ([]risk.CatalogueRow, []risk.ImportIssue) {
	t, issues := readTable(data, catalogueColumns())
	if t == nil {
		return nil, issues
	}
	var rows []risk.CatalogueRow
	at := map[string]int{}
	t.each(func(r *rowReader) {
		row := risk.CatalogueRow{
			Section: r.word(cSection), Item: r.word(cItem), Class: choose(r, cClass, classes()),
			Content: r.text(cContent), Basis: r.text(cBasis), Limit: r.text(cLimit), Supervision: r.text(cSupervision),
			Row: r.row(),
		}
		nodes, err := ParseNodes(r.text(cNodes))
		if err != nil {
			r.refuse(cNodes, bot.Says(err))
		}
		if r.own(cNodes) { // steps merged over several rows belong to the first
			row.Nodes = nodes
		}
		if r.bad {
			return
		}
		key := row.Section + "\x00" + row.Item
		if i, ok := at[key]; ok {
			if join(&rows[i], row) {
				r.note(cItem, fmt.Sprintf(text.FormSameItem, rows[i].Row))
			} else {
				r.refuse(cItem, fmt.Sprintf(text.FormSameItemDiffers, rows[i].Row))
			}
			return
		}
		at[key] = len(rows)
		rows = append(rows, row)
	})
	for _, row := range rows {
		if len(row.Nodes) == 0 {
			t.say(row.Row-1, first(text.FormColNodes), text.FormNoNodes, false)
		}
		if row.Class == risk.Administrative && row.Supervision == "" {
			t.say(row.Row-1, first(text.FormColSupervise), text.FormNoSupervision, false)
		}
	}
	return rows, t.done(len(rows))
}

// join adds the steps of a later row of the same item; it fails when the rows
// contradict each other.
func join(c *risk.CatalogueRow, more risk.CatalogueRow) bool {
	fill := func(have *string, s string) bool {
		if *have == "" {
			*have = s
		}
		return s == "" || s == *have
	}
	if c.Class != more.Class || !fill(&c.Content, more.Content) || !fill(&c.Basis, more.Basis) ||
		!fill(&c.Limit, more.Limit) || !fill(&c.Supervision, more.Supervision) {
		return false
	}
	c.Nodes = append(c.Nodes, more.Nodes...)
	return true
}

const (
	maxNodes    = 40
	maxNodeName = 40 // characters
)

// ParseNodes reads the steps of an item, as 受理(窗口受理岗)→审核(股长)→办结. Arrows
// may be → -> => ＞ — or line ends; the last bracket of a step names its post.
// An error is a *bot.Error that says what to correct.
func ParseNodes(s string) ([]risk.NodeName, error) {
	var nodes []risk.NodeName
	parts, err := splitSteps(clean(s))
	if err != nil {
		return nil, err
	}
	for i, p := range parts {
		name, post := postOf(stepName(p))
		switch {
		case name == "" && len(parts) == 1 && post == "":
			return nil, nil
		case name == "":
			return nil, bot.Refuse(fmt.Sprintf(text.FormEmptyNode, i+1), "form: empty step")
		case len([]rune(name)) > maxNodeName || len([]rune(post)) > maxNodeName:
			return nil, bot.Refuse(fmt.Sprintf(text.FormLongNode, string([]rune(name + post)[:12])), "form: step name too long")
		}
		if nodes = append(nodes, risk.NodeName{Name: name, Post: post}); len(nodes) > maxNodes {
			return nil, bot.Refuse(fmt.Sprintf(text.FormManyNodes, maxNodes), "form: too many steps")
		}
	}
	return nodes, nil
}

// splitSteps cuts at arrows outside brackets. A line end beside an arrow is only
// where the cell was wrapped.
func splitSteps(s string) ([]string, error) {
	rs := []rune(s)
	var parts []string
	var b strings.Builder
	depth := 0
	arrow := func(i int) int { // length of the arrow at i
		n := 0
		for i+n < len(rs) && strings.ContainsRune("-－=＝—–―─", rs[i+n]) {
			n++
		}
		if i+n < len(rs) && strings.ContainsRune("→⇒➔➜►▶＞>↓⟶", rs[i+n]) {
			return n + 1
		}
		if n > 0 && !strings.ContainsRune("-－=＝", rs[i]) {
			return n // a dash alone is an arrow, a hyphen belongs to a word
		}
		return 0
	}
	lineEnd := false
	for i := 0; i < len(rs); i++ {
		switch r := rs[i]; {
		case strings.ContainsRune("(（【〔［[", r):
			depth++
		case strings.ContainsRune(")）】〕］]", r):
			if depth--; depth < 0 {
				return nil, bot.Refuse(fmt.Sprintf(text.FormOpenBracket, head(s)), "form: bracket")
			}
		case depth > 0:
		case r == '\n':
			lineEnd = true
			continue
		case arrow(i) > 0:
			i += arrow(i) - 1
			parts = append(parts, b.String())
			b.Reset()
			lineEnd = false
			continue
		}
		if lineEnd {
			if strings.TrimSpace(b.String()) != "" && strings.TrimSpace(string(rs[i])) != "" {
				parts = append(parts, b.String())
				b.Reset()
			}
			lineEnd = strings.TrimSpace(string(rs[i])) == ""
		}
		b.WriteRune(rs[i])
	}
	if depth > 0 {
		return nil, bot.Refuse(fmt.Sprintf(text.FormOpenBracket, head(s)), "form: bracket")
	}
	return append(parts, b.String()), nil
}

// head is the beginning of a text, enough to find it by.
func head(s string) string {
	if rs := []rune(s); len(rs) > 12 {
		return string(rs[:12]) + "…"
	}
	return s
}

// stepName drops blanks and a leading number: "1.受理" is 受理.
func stepName(s string) string {
	s = word(s)
	if _, n := marker([]rune(s)); n > 0 {
		s = word(string([]rune(s)[n:]))
	}
	return strings.Trim(s, "；;，,。 ")
}

// postOf takes the last bracket off a step.
func postOf(s string) (name, post string) {
	rs := []rune(s)
	if len(rs) == 0 || !strings.ContainsRune(")）】〕］]", rs[len(rs)-1]) {
		return s, ""
	}
	depth := 0
	for i := len(rs) - 1; i >= 0; i-- {
		switch {
		case strings.ContainsRune(")）】〕］]", rs[i]):
			depth++
		case strings.ContainsRune("(（【〔［[", rs[i]):
			if depth--; depth == 0 {
				return string(rs[:i]), word(string(rs[i+1 : len(rs)-1]))
			}
		}
	}
	return s, ""
}
