package form

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

// ErrTotals says that a form's totals differ from its rows (DOMAIN.md R-F3). The
// error around it is a *bot.Error whose Say lists the differences.
var ErrTotals = errors.New("form: totals do not match the rows")

// Totals are what a form's statistics line says. They come from the register, not
// from the rows that are exported with them: exporting compares the two.
type Totals struct {
	Points int // 风险点
	// Levels and Categories are printed in this order. Nil: not printed, not compared.
	Levels     []Count
	Categories []Count
}

// Count is how many points bear a label.
type Count struct {
	Label string
	N     int
}

// CountLabels counts labels in the order given; other labels follow as they appear.
// It serves callers that have no independent count.
func CountLabels(order []string, labels ...string) []Count {
	out := make([]Count, 0, len(order))
	for _, l := range order {
		out = append(out, Count{Label: l})
	}
	for _, l := range labels {
		i := slices.IndexFunc(out, func(c Count) bool { return c.Label == l })
		if i < 0 {
			i = len(out)
			out = append(out, Count{Label: l})
		}
		out[i].N++
	}
	return out
}

// reconcile compares totals with the labels of the rows.
func (t Totals) reconcile(levels, categories []string) error {
	var diffs []string
	if n := len(levels); n != t.Points {
		diffs = append(diffs, fmt.Sprintf(text.FormDiffPoints, t.Points, n, t.Points-n))
	}
	compare := func(said []Count, labels []string) {
		if said == nil {
			return
		}
		rows := CountLabels(nil, labels...)
		for _, c := range said {
			if n := countOf(rows, c.Label); n != c.N {
				diffs = append(diffs, fmt.Sprintf(text.FormDiffLabel, shown(c.Label), c.N, n, c.N-n))
			}
		}
		for _, c := range rows {
			if !slices.ContainsFunc(said, func(s Count) bool { return s.Label == c.Label }) {
				diffs = append(diffs, fmt.Sprintf(text.FormDiffLabel, shown(c.Label), 0, c.N, -c.N))
			}
		}
	}
	compare(t.Levels, levels)
	compare(t.Categories, categories)
	if diffs == nil {
		return nil
	}
	return &bot.Error{Say: fmt.Sprintf(text.FormRefuseTotals, strings.Join(diffs, "；")), Op: "form: totals", Err: ErrTotals}
}

func countOf(in []Count, label string) int {
	for _, c := range in {
		if c.Label == label {
			return c.N
		}
	}
	return 0
}

func shown(label string) string {
	if label == "" {
		return text.FormNoLabel
	}
	return label
}

// line is the statistics line.
func (t Totals) line() string {
	parts := []string{fmt.Sprintf(text.FormTotalPoints, t.Points)}
	add := func(head string, counts []Count) {
		var each []string
		for _, c := range counts {
			each = append(each, fmt.Sprintf(text.FormTotalEach, shown(c.Label), c.N))
		}
		if each != nil {
			parts = append(parts, head+strings.Join(each, list))
		}
	}
	add(text.FormTotalLevels, t.Levels)
	add(text.FormTotalCategories, t.Categories)
	return strings.Join(parts, "；") + "。"
}
