package survey_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"

	"qingfeng/bot/survey"
)

func TestTheShippedTemplatesAreSound(t *testing.T) {
	all, err := survey.Templates()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 3 || all[0].Code != "appraisal" || !all[0].Named || len(all[0].Questions) != 6 {
		t.Errorf("templates: %+v", all)
	}
	for _, x := range all {
		for _, q := range x.Questions {
			if len([]rune(q.Text)) > 40 {
				t.Errorf("%s: %q is too long for a phone", x.Code, q.Text)
			}
		}
	}
	if _, ok, err := survey.TemplateByCode("none"); ok || err != nil {
		t.Errorf("a template that is not there: %v %v", ok, err)
	}
}

func sheet(t *testing.T) survey.Sheet {
	t.Helper()
	x, ok, err := survey.TemplateByCode("service")
	if err != nil || !ok {
		t.Fatal(err)
	}
	return x.Sheet("试")
}

func TestAFormBecomesABallotOnlyWhenItIsWhole(t *testing.T) {
	s := sheet(t)
	s.Sections = []survey.Option{{Key: "7", Text: "甲股"}}
	good := func() map[string][]string {
		return map[string][]string{
			"q.clear": {"a"}, "q.limit": {"x"}, "q.fair": {"d"}, "q.manner": {"b"}, "q.overall": {"a"},
			"q.improve": {"tell", "public"}, "section": {"7"}, "comment": {" 窗口\r\n  可以 \u202e早点开\x00 "}, "name": {"王舟"},
		}
	}
	b, missing := s.Read(good())
	if len(missing) != 0 || b.Section != "7" || b.Comment != "窗口 可以 早点开" || strings.Join(b.Answers["improve"], " ") != "public tell" || len(b.Answers) != 6 {
		t.Fatalf("%+v, missing %v", b, missing)
	}
	for name, c := range map[string]struct {
		spoil func(map[string][]string)
		field string
	}{
		"an answer is missing":  {func(f map[string][]string) { delete(f, "q.fair") }, "q.fair"},
		"two answers":           {func(f map[string][]string) { f["q.fair"] = []string{"a", "b"} }, "q.fair"},
		"the same twice":        {func(f map[string][]string) { f["q.fair"] = []string{"a", "a"} }, "q.fair"},
		"an unknown answer":     {func(f map[string][]string) { f["q.improve"] = []string{"money"} }, "q.improve"},
		"no section":            {func(f map[string][]string) { f["section"] = nil }, "section"},
		"somebody's section":    {func(f map[string][]string) { f["section"] = []string{"8"} }, "section"},
		"too many words":        {func(f map[string][]string) { f["comment"] = []string{strings.Repeat("长", 301)} }, "comment"},
		"an option of no sheet": {func(f map[string][]string) { f["q.limit"] = []string{"z"} }, "q.limit"},
	} {
		form := good()
		c.spoil(form)
		if _, missing := s.Read(form); len(missing) != 1 || missing[0] != c.field {
			t.Errorf("%s: missing %v", name, missing)
		}
	}
	form := good()
	delete(form, "q.improve")
	if b, missing := s.Read(form); len(missing) != 0 || b.Answers["improve"] != nil {
		t.Errorf("nothing ticked of several: %v %v", b, missing)
	}
}

func TestATokenIsWhatWasMadeAndNothingElse(t *testing.T) {
	p := survey.NewPool(rand.Reader)
	token, err := p.Draw(t.Context(), 1, 5, func(context.Context, [][]byte) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := survey.TokenHash(token); !ok || len(token) != survey.TokenLen {
		t.Errorf("%q is no token", token)
	}
	for _, bad := range []string{"", "A", strings.ToLower(token), token + "A", token[1:], strings.Repeat("1", survey.TokenLen), strings.Repeat("字", survey.TokenLen), token[:survey.TokenLen-1] + "7"} {
		if _, ok := survey.TokenHash(bad); ok && bad != token {
			t.Errorf("%q is a token", bad)
		}
	}
}

func TestDrawsAtOnceNeverGetTheSameTokenAndHashesAreStoredFirst(t *testing.T) {
	p := survey.NewPool(rand.Reader)
	var mu sync.Mutex
	stored := map[string]bool{}
	batches := 0
	store := func(_ context.Context, hashes [][]byte) error {
		mu.Lock()
		defer mu.Unlock()
		batches++
		for i, h := range hashes {
			if i > 0 && string(hashes[i-1]) >= string(h) {
				t.Error("hashes are not stored in their own order")
			}
			stored[string(h)] = true
		}
		return nil
	}
	drawn := map[string]bool{}
	var wg sync.WaitGroup
	for range 300 {
		wg.Go(func() {
			token, err := p.Draw(t.Context(), 7, 120, store)
			if err != nil {
				t.Error(err)
				return
			}
			h, _ := survey.TokenHash(token)
			mu.Lock()
			defer mu.Unlock()
			if drawn[token] || !stored[string(h)] {
				t.Errorf("token drawn twice %v, stored %v", drawn[token], stored[string(h)])
			}
			drawn[token] = true
		})
	}
	wg.Wait()
	if len(drawn) != 300 || batches != 3 {
		t.Errorf("%d tokens of %d batches", len(drawn), batches)
	}
}

func TestATokenIsNotGivenWhenItsHashIsNotStored(t *testing.T) {
	p := survey.NewPool(rand.Reader)
	down := errors.New("down")
	if token, err := p.Draw(t.Context(), 7, 10, func(context.Context, [][]byte) error { return down }); !errors.Is(err, down) || token != "" {
		t.Errorf("%q %v", token, err)
	}
	calls := 0
	if _, err := p.Draw(t.Context(), 7, 10, func(context.Context, [][]byte) error { calls++; return nil }); err != nil || calls != 1 {
		t.Errorf("afterwards: %v, %d batches", err, calls)
	}
}
