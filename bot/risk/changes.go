package risk

import (
	"slices"
	"strconv"
)

// Changes lists what differs between two versions of a point, one short phrase each, for
// the leader's card. It never quotes the risk text.
func Changes(p *Pack, old, new Point) []string {
	if old.Version == 0 && old.ID == 0 && old.Title == "" && len(old.Manifestations) == 0 {
		return []string{say("change.new")}
	}
	var out []string
	add := func(key string, pairs ...string) { out = append(out, say(key, pairs...)) }
	if old.Node.ID != new.Node.ID || old.Node.Name != new.Node.Name {
		add("change.node")
	}
	switch n := len(new.Manifestations) - len(old.Manifestations); {
	case n > 0:
		add("change.text_more", "n", strconv.Itoa(n))
	case n < 0:
		add("change.text_less", "n", strconv.Itoa(-n))
	case old.Title != new.Title || !slices.Equal(old.Manifestations, new.Manifestations):
		add("change.text")
	}
	if old.Category != new.Category {
		add("change.category", "from", p.CategoryLabel(old.Category), "to", p.CategoryLabel(new.Category))
	}
	if old.Misuse != new.Misuse && old.Misuse != "" && new.Misuse != "" {
		add("change.misuse", "from", p.MisuseLabel(old.Misuse), "to", p.MisuseLabel(new.Misuse))
	}
	if from, to, key := old.Confirmed, new.Confirmed, "change.level"; from != to && from != "" && to != "" {
		add(key, "from", p.LevelLabel(from), "to", p.LevelLabel(to))
	} else if from, to := old.Suggested.Level, new.Suggested.Level; from != to && from != "" && to != "" {
		add("change.suggested", "from", p.LevelLabel(from), "to", p.LevelLabel(to))
	}
	switch n := len(new.Measures) - len(old.Measures); {
	case n > 0:
		add("change.measures_more", "n", strconv.Itoa(n))
	case n < 0:
		add("change.measures_less", "n", strconv.Itoa(-n))
	case !slices.Equal(old.Measures, new.Measures):
		add("change.measures")
	}
	return out
}

// Quality sums up the hints of a form in one line without any text of a point. A point
// whose owner gave a reason for keeping it still counts as one to look at.
func Quality(points []Point) string {
	n, flagged := 0, 0
	for _, pt := range points {
		if pt.State == PointRemoved {
			continue
		}
		n++
		if len(pt.Hints) > 0 || pt.KeepReason != "" {
			flagged++
		}
	}
	switch {
	case n == 0:
		return say("quality.none")
	case flagged == 0:
		return say("quality.clean", "n", strconv.Itoa(n))
	case flagged == n:
		return say("quality.all", "n", strconv.Itoa(n))
	default:
		return say("quality.some", "k", strconv.Itoa(flagged), "rest", strconv.Itoa(n-flagged))
	}
}
