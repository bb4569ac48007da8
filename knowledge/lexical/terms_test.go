package lexical

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTermsAreCharactersPairsAndWords(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"single characters and pairs", "收礼品", []string{"收", "收礼", "礼", "礼品", "品"}},
		{"a particle is no term alone", "礼的品", []string{"礼", "礼的", "的品", "品"}},
		{"words of letters and digits", "用WeCom 3.5版", []string{"用", "wecom", "3.5", "版"}},
		{"full-width forms", "ＡＢＣ１２", []string{"abc12"}},
		{"traditional characters", "處罰決定", []string{"处", "处罚", "罚", "罚决", "决", "决定", "定"}},
		{"a numbered clause is one term", "依照第二百六十四条处", []string{"依", "依照", "照", "第264条", "处"}},
		{"in Arabic digits too", "第264条", []string{"第264条"}},
		{"with its branch", "第一百三十三条之一", []string{"第133条之1"}},
		{"第 alone is a character", "第几", []string{"第", "第几", "几"}},
		{"punctuation separates", "甲、乙", []string{"甲", "乙"}},
		{"an emoji is nothing", "😀", nil},
		{"beyond the basic plane", "𠀀一", []string{"𠀀", "𠀀一", "一"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, Terms(c.text)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestTraditionalPairsAreSane(t *testing.T) {
	seen := map[rune]rune{}
	for line := range strings.Lines(traditionalText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, pair := range strings.Fields(line) {
			p := []rune(pair)
			if len(p) != 2 || p[0] == p[1] {
				t.Fatalf("%q is no pair of different characters", pair)
			}
			if _, twice := seen[p[0]]; twice {
				t.Errorf("%c stands twice", p[0])
			}
			seen[p[0]] = p[1]
		}
	}
	for from, to := range seen {
		if next, again := seen[to]; again {
			t.Errorf("%c becomes %c becomes %c", from, to, next)
		}
	}
	if len(seen) < 2500 {
		t.Errorf("%d pairs, too few for common text", len(seen))
	}
}

func TestAHashIsADimension(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "term")
		if h := Hash(s); h < 1 || h > Dimensions {
			t.Fatalf("Hash(%q) = %d", s, h)
		}
	})
}

func TestTermsOfFoldedTextAreTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		if d := cmp.Diff(Terms(s), Terms(string(fold(nil, s)))); d != "" {
			t.Fatal(d)
		}
	})
}

func TestWeightsTokensAndLengthAgreeWithTerms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := Entry{Title: text().Draw(t, "title"), Path: rapid.SliceOfN(text(), 0, 3).Draw(t, "path"), Text: text().Draw(t, "text")}
		all := entryTerms(e)
		if Length(e) != len(all) {
			t.Fatalf("Length = %d, terms %d", Length(e), len(all))
		}
		counts := map[int32]int{}
		for _, s := range all {
			counts[Hash(s)]++
		}
		weights := Weights(e, 12)
		if len(weights) != len(counts) {
			t.Fatalf("%d weights for %d terms", len(weights), len(counts))
		}
		for h, n := range counts {
			want := float64(n) * 2.2 / (float64(n) + 1.2*(0.25+0.75*float64(len(all))/12))
			if math.Abs(want-float64(weights[h])) > 1e-5 {
				t.Fatalf("weight %v, want %v", weights[h], want)
			}
		}
		slices.Sort(all)
		if d := cmp.Diff(slices.Compact(all), Tokens(e)); d != "" && len(all) > 0 {
			t.Fatal(d)
		}
	})
}

func TestALongWordIsCut(t *testing.T) {
	for _, s := range Terms(strings.Repeat("a", 5000)) {
		if len(s) > longest {
			t.Fatalf("a term of %d letters", len(s))
		}
	}
}

// entryTerms are an entry's terms by the public function alone.
func entryTerms(e Entry) []string {
	all := Terms(e.Title)
	for _, p := range e.Path {
		all = append(all, Terms(p)...)
	}
	return append(all, Terms(e.Text)...)
}

// text draws short texts in which the same terms come back.
func text() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.SampledFrom([]rune("收礼品宴请公款离婚夫妻老的第一条 ，a1𠀀")), 0, 24, -1)
}

func FuzzTerms(f *testing.F) {
	f.Add("依照第二百六十四条之一處罰，ＡＢ1.5 \x00\xff😀")
	f.Fuzz(func(t *testing.T, s string) {
		for _, term := range Terms(s) {
			if term == "" || !utf8.ValidString(term) || utf8.RuneCountInString(term) > longest {
				t.Fatalf("%q of %q", term, s)
			}
		}
		if Length(Entry{Text: s}) != len(Terms(s)) {
			t.Fatal("length")
		}
	})
}
