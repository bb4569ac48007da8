package risk

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The library is data that all packs share: sentences, word lists, measures and
// examples. It is read once from the binary and never changes afterwards; a file that
// cannot be read is a broken build, and the package's tests read every one of them.

func library[T any](file string) func() T {
	return sync.OnceValue(func() T {
		raw, err := data.ReadFile("library/" + file)
		if err != nil {
			panic("risk library: " + err.Error())
		}
		var v T
		if err := json.Unmarshal(raw, &v); err != nil {
			panic("risk library " + file + ": " + err.Error())
		}
		return v
	})
}

var (
	says     = library[map[string]string]("says.json")
	words    = library[wordLists]("words.json")
	measures = library[measureLibrary]("measures.json")
	examples = library[exampleLibrary]("examples.json")
)

// say fills the sentence of that key; pairs are placeholder names and values.
func say(key string, pairs ...string) string { return fill(says()[key], pairs...) }

// fill replaces {name} by value for each pair.
func fill(sentence string, pairs ...string) string {
	args := make([]string, len(pairs))
	for i, p := range pairs {
		if i%2 == 0 {
			p = "{" + p + "}"
		}
		args[i] = p
	}
	return strings.NewReplacer(args...).Replace(sentence)
}

// found returns the words that occur in text, longest first, without those that lie
// inside a longer one.
func found(text string, list []string) []string {
	var hits []string
	for _, w := range list {
		if w != "" && strings.Contains(text, w) {
			hits = append(hits, w)
		}
	}
	slices.SortStableFunc(hits, func(a, b string) int { return len(b) - len(a) })
	var out []string
	for _, h := range hits {
		if !slices.ContainsFunc(out, func(o string) bool { return strings.Contains(o, h) }) {
			out = append(out, h)
		}
	}
	return out
}

func containsAny(text string, list []string) bool {
	return slices.ContainsFunc(list, func(w string) bool { return w != "" && strings.Contains(text, w) })
}

// firstOf returns the first word of the list that occurs earliest in text.
func firstOf(text string, list []string) (string, int) {
	best, at := "", -1
	for _, w := range list {
		if i := strings.Index(text, w); w != "" && i >= 0 && (at < 0 || i < at || (i == at && len(w) > len(best))) {
			best, at = w, i
		}
	}
	return best, at
}

func numbers(list []int) string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = strconv.Itoa(n)
	}
	return strings.Join(out, "、")
}
