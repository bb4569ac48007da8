package wecom

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"qingfeng/bot"
)

func newTestRenderer() *Renderer {
	return NewRenderer(7, func() time.Time { return time.Unix(1700000000, 0) })
}

// shown decodes rendered bodies strictly and collects their texts and the card.
func shown(t interface{ Fatalf(string, ...any) }, bodies [][]byte) (texts []string, card *cardJSON) {
	for i, b := range bodies {
		var m messageBody
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&m); err != nil {
			t.Fatalf("body %d: %v", i, err)
		}
		if m.ToUser == "" || m.AgentID != 7 || m.Safe != 0 || m.Check != 1 || m.Interval < intervalMin || m.Interval > intervalMax {
			t.Fatalf("body %d: %s", i, b)
		}
		switch m.MsgType {
		case "text":
			if card != nil {
				t.Fatalf("a text follows the card")
			}
			if m.Text.Content == "" || len(m.Text.Content) > maxTextBytes || !utf8.ValidString(m.Text.Content) {
				t.Fatalf("body %d: %d bytes of text", i, len(m.Text.Content))
			}
			texts = append(texts, m.Text.Content)
		case "template_card":
			card = m.Card
		default:
			t.Fatalf("body %d: type %q", i, m.MsgType)
		}
	}
	return texts, card
}

func render(t *testing.T, r bot.Reply, mode bot.Mode, letter string) ([]string, *cardJSON) {
	t.Helper()
	if r.To == "" {
		r.To = "ZhangSan"
	}
	bodies, err := newTestRenderer().Render(r, mode, letter, "t1")
	if err != nil {
		t.Fatal(err)
	}
	return shown(t, bodies)
}

var decision = bot.Card{
	Title: "岗位风险点自查·待审核", Desc: "运输管理股 3 条", Body: "请审核。",
	Facts:   []bot.Fact{{Key: "岗位", Value: "受理岗"}, {Key: "初评等级", Value: "二级"}},
	Buttons: []bot.Option{{Text: "同意", Key: "review.pass:1"}, {Text: "退回", Key: "review.back:1", Minor: true}, {Text: "查看详情", URL: "https://a.gov.cn/r/1"}},
}

func TestADecisionIsACardWithButtons(t *testing.T) {
	texts, card := render(t, bot.Reply{Card: &decision}, bot.ModeCard, "B")
	if len(texts) != 0 || card == nil {
		t.Fatalf("%q, %v", texts, card)
	}
	got, err := json.Marshal(card)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"card_type":"button_interaction","main_title":{"title":"岗位风险点自查·待审核","desc":"运输管理股 3 条"},"sub_title_text":"请审核。",` +
		`"horizontal_content_list":[{"keyname":"岗位","value":"受理岗"},{"keyname":"初评等级","value":"二级"}],"task_id":"t1",` +
		`"button_list":[{"text":"同意","style":1,"key":"review.pass:1"},{"text":"退回","style":4,"key":"review.back:1"},{"type":1,"text":"查看详情","style":1,"url":"https://a.gov.cn/r/1"}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheSameDecisionInTheTextVersion(t *testing.T) {
	texts, card := render(t, bot.Reply{Card: &decision}, bot.ModeText, "B")
	want := "岗位风险点自查·待审核\n运输管理股 3 条\n岗位：受理岗\n初评等级：二级\n请审核。\n〔B〕请回复序号（旧清单加字母，如A1）\n1 同意\n2 退回\n<a href=\"https://a.gov.cn/r/1\">查看详情</a>"
	if card != nil || len(texts) != 1 || texts[0] != want {
		t.Errorf("got  %q\nwant %q", texts, want)
	}
}

func TestAVoteSaysItsBodyBeforeIt(t *testing.T) {
	c := bot.Card{
		Title: "选出相关环节", Body: "可多选。", Facts: []bot.Fact{{Key: "事项", Value: "许可"}}, Link: &bot.Link{URL: "https://a.gov.cn/"},
		Pick: &bot.Pick{Multi: true, Options: []bot.Option{{Text: "受理", Key: "a"}, {Text: strings.Repeat("长", 18), Key: "b"}}},
	}
	texts, card := render(t, bot.Reply{Card: &c}, bot.ModeCard, "A")
	want := "事项：许可\n可多选。\n<a href=\"https://a.gov.cn/\">查看详情</a>\n2 " + strings.Repeat("长", 18)
	if len(texts) != 1 || texts[0] != want {
		t.Errorf("got %q", texts)
	}
	if card.Type != "vote_interaction" || card.CheckBox.Mode != 1 || card.Submit.Text != "提交" || string(card.CheckBox.Options[1].Text) != strings.Repeat("长", 16)+"…" || card.Body != "" || card.Facts != nil {
		t.Errorf("%+v", card)
	}
}

func TestSelectorsBeginUnset(t *testing.T) {
	c := bot.Card{Title: "评一评", Selects: []bot.Select{{Key: "likelihood", Title: "可能性", Options: []bot.Option{{Text: "高", Key: "3"}, {Text: "低", Key: "1"}}}, {Key: "harm", Title: "危害", Options: []bot.Option{{Text: "大", Key: "3"}}}}}
	_, card := render(t, bot.Reply{Card: &c}, bot.ModeCard, "A")
	if card.Type != "multiple_interaction" || len(card.Selects) != 2 || card.Selects[0].Selected != unsetID || card.Selects[0].Options[0].ID != unsetID || card.Selects[0].Options[0].Text != "请选择" || card.Selects[0].Options[1].ID != "3" {
		t.Errorf("%+v", card)
	}
	texts, _ := render(t, bot.Reply{Card: &c}, bot.ModeText, "A")
	want := "评一评\n〔A〕请回复序号\n可能性：\n1 高\n2 低\n危害：\n1 大\n每项选一个，按顺序回复，如 1、1"
	if texts[0] != want {
		t.Errorf("got %q", texts[0])
	}
}

func TestANoticeIsACardOnlyWhenItOpensAPage(t *testing.T) {
	c := bot.Card{Title: "提交成功", Body: "等待审核。"}
	texts, card := render(t, bot.Reply{Card: &c}, bot.ModeCard, "")
	if card != nil || texts[0] != "提交成功\n等待审核。" {
		t.Errorf("%q, %+v", texts, card)
	}
	c.Link = &bot.Link{Text: "我的自查", URL: "https://a.gov.cn/my?a=1&b=2"}
	texts, card = render(t, bot.Reply{Card: &c}, bot.ModeCard, "")
	if len(texts) != 0 || card.Type != "text_notice" || card.TaskID != "" || card.Action.URL != c.Link.URL || card.Jumps[0].Title != "我的自查" {
		t.Errorf("%q, %+v", texts, card)
	}
}

func TestCardsThatWeComWouldNotTakeBecomeText(t *testing.T) {
	many := make([]bot.Option, 21)
	for i := range many {
		many[i] = bot.Option{Text: fmt.Sprint("项", i), Key: fmt.Sprint(i)}
	}
	for name, c := range map[string]bot.Card{
		"seven buttons":       {Title: "t", Buttons: many[:7]},
		"21 votes":            {Title: "t", Pick: &bot.Pick{Options: many}},
		"ten options and 请选择": {Title: "t", Selects: []bot.Select{{Key: "k", Title: "x", Options: many[:10]}}},
		"four selectors":      {Title: "t", Selects: []bot.Select{{Key: "a", Options: many[:1]}, {Key: "b", Options: many[:1]}, {Key: "c", Options: many[:1]}, {Key: "d", Options: many[:1]}}},
		"same key twice":      {Title: "t", Buttons: []bot.Option{many[0], many[0]}},
		"no key":              {Title: "t", Buttons: []bot.Option{{Text: "x"}}},
		"id too long":         {Title: "t", Pick: &bot.Pick{Options: []bot.Option{{Text: "x", Key: strings.Repeat("k", 129)}}}},
	} {
		if texts, card := render(t, bot.Reply{Card: &c}, bot.ModeCard, "A"); card != nil || !strings.Contains(texts[0], "1 ") {
			t.Errorf("%s: %q", name, texts)
		}
	}
}

func TestALongBodyComesBeforeTheCardAndIsWhole(t *testing.T) {
	c := decision
	c.Body = strings.Repeat("这是一句话。", 40)
	texts, card := render(t, bot.Reply{Card: &c}, bot.ModeCard, "A")
	if len(texts) != 1 || texts[0] != c.Body || card.Body != "" {
		t.Errorf("%q, %q", texts, card.Body)
	}
}

func TestAVeryLongTextIsItsFirstPartAndTheLink(t *testing.T) {
	c := bot.Card{Title: "制度", Body: strings.Repeat("这是一句话。", 1000), Link: &bot.Link{Text: "全文", URL: "https://a.gov.cn/d"}}
	for _, mode := range []bot.Mode{bot.ModeCard, bot.ModeText} {
		texts, _ := render(t, bot.Reply{Card: &c}, mode, "")
		if len(texts) != 2 || !strings.HasSuffix(texts[0], "。…") || texts[1] != "内容较长，全文请看：\n<a href=\"https://a.gov.cn/d\">全文</a>" {
			t.Errorf("%s: %d parts, %q", mode, len(texts), texts[len(texts)-1])
		}
	}
	c.Link = nil
	texts, _ := render(t, bot.Reply{Card: &c}, bot.ModeText, "")
	if len(texts) < 9 || !strings.HasPrefix(texts[8], "（9/") {
		t.Errorf("%d parts", len(texts))
	}
}

func TestTheSameWordsTwiceAreTwoMessages(t *testing.T) {
	r := newTestRenderer() // its clock stands still
	seen := map[string]bool{}
	for i := range int64(200) {
		b, err := r.Render(bot.Reply{To: "a", Text: "没听懂", Nth: i + 1}, bot.ModeText, "", "")
		if err != nil {
			t.Fatal(err)
		}
		seen[string(b[0])] = true
	}
	if len(seen) != 200 {
		t.Errorf("%d different bodies of 200", len(seen))
	}
}

func TestRepliesToNobodyOrWithoutWordsAreRefused(t *testing.T) {
	for name, r := range map[string]bot.Reply{
		"nobody": {Text: "x"}, "everybody": {To: "@all", Text: "x"}, "two": {To: "a|b", Text: "x"}, "empty": {To: "a", Text: " \n"},
		"relative link": {To: "a", Card: &bot.Card{Title: "t", Link: &bot.Link{URL: "/my"}}},
		"script":        {To: "a", Card: &bot.Card{Title: "t", Link: &bot.Link{URL: "javascript:alert(1)"}}},
		"endless link":  {To: "a", Card: &bot.Card{Title: "t", Buttons: []bot.Option{{Text: "x", URL: "https://a/" + strings.Repeat("x", 2048)}}}},
	} {
		if b, err := newTestRenderer().Render(r, bot.ModeCard, "", "t"); err == nil {
			t.Errorf("%s: %s", name, b)
		}
	}
}

func TestASupersededCardSaysWhatBecameOfIt(t *testing.T) {
	for say, check := range map[string]func(*cardJSON) bool{
		"已由李四同意": func(c *cardJSON) bool { return c.Title.Title == "已由李四同意" && c.Body == "" },
		strings.Repeat("很长的说明。", 10): func(c *cardJSON) bool {
			return c.Title.Title == "已结束" && strings.HasPrefix(string(c.Body), "很长的说明。")
		},
	} {
		b, err := newTestRenderer().RenderUpdate("ZhangSan", say)
		if err != nil {
			t.Fatal(err)
		}
		var u updateBody
		if err := json.Unmarshal(b, &u); err != nil || u.UserIDs[0] != "ZhangSan" || u.AgentID != 7 || u.Card.Replace != "已结束" || len(u.Card.Buttons) != 1 || !check(u.Card) {
			t.Errorf("%s", b)
		}
	}
}

// words of any length, sometimes absurd, with emoji, links, blanks and broken bytes.
func words(most int) *rapid.Generator[string] {
	atom := rapid.OneOf(
		rapid.SampledFrom([]string{"风险", "。", "！", "\n", "，", " ", "👨‍👩‍👧", "é", "\xff", "https://a.gov.cn/x?y=1。", `<a href="https://a.gov.cn/">看</a>`, "“引。”", "A", "\u0000", "<&>"}),
		rapid.StringN(0, 20, -1),
	)
	return rapid.Map(rapid.SliceOfN(atom, 0, most), func(s []string) string { return strings.Join(s, "") })
}

func cards(most int) *rapid.Generator[bot.Card] {
	option := rapid.Custom(func(t *rapid.T) bot.Option {
		o := bot.Option{Text: words(most).Draw(t, "label"), Key: rapid.StringMatching(`[a-z]{0,4}(:[0-9]{1,3})?`).Draw(t, "key"), Minor: rapid.Bool().Draw(t, "minor")}
		if rapid.IntRange(0, 5).Draw(t, "url") == 0 {
			o.URL = "https://a.gov.cn/" + rapid.StringMatching(`[a-z]{0,30}`).Draw(t, "path")
		}
		return o
	})
	return rapid.Custom(func(t *rapid.T) bot.Card {
		c := bot.Card{Title: words(most).Draw(t, "title"), Desc: words(most).Draw(t, "desc"), Body: words(most*20).Draw(t, "body")}
		for range rapid.IntRange(0, 9).Draw(t, "facts") {
			c.Facts = append(c.Facts, bot.Fact{Key: words(most).Draw(t, "k"), Value: words(most).Draw(t, "v")})
		}
		if rapid.Bool().Draw(t, "link") {
			c.Link = &bot.Link{Text: words(most).Draw(t, "text"), URL: "https://a.gov.cn/?a=1&b=2"}
		}
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			c.Buttons = rapid.SliceOfN(option, 0, 8).Draw(t, "buttons")
		case 1:
			plain := rapid.Map(option, func(o bot.Option) bot.Option { o.URL = ""; return o })
			c.Pick = &bot.Pick{Options: rapid.SliceOfN(plain, 1, 24).Draw(t, "options"), Multi: rapid.Bool().Draw(t, "multi"), Submit: words(most).Draw(t, "submit")}
		case 2:
			for i := range rapid.IntRange(1, 4).Draw(t, "selects") {
				c.Selects = append(c.Selects, bot.Select{Key: fmt.Sprint("s", i), Title: words(most).Draw(t, "st"), Options: rapid.SliceOfN(option, 1, 12).Draw(t, "so")})
			}
		}
		return c
	})
}

func TestNoCardHoweverLargeExceedsALimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cards(12).Draw(t, "card")
		mode := rapid.SampledFrom([]bot.Mode{bot.ModeCard, bot.ModeText}).Draw(t, "mode")
		bodies, err := newTestRenderer().Render(bot.Reply{To: "a", Card: &c}, mode, "B", "t1")
		if err != nil {
			t.Fatalf("%v", err)
		}
		_, card := shown(t, bodies)
		if card == nil {
			return
		}
		if mode == bot.ModeText {
			t.Fatalf("a card in the text version")
		}
		within := func(s string, low, high int) {
			if n := utf8.RuneCountInString(s); n < low || n > high {
				t.Fatalf("%q has %d characters, want %d to %d", s, n, low, high)
			}
		}
		count := func(n, low, high int) {
			if n < low || n > high {
				t.Fatalf("%d of %d to %d", n, low, high)
			}
		}
		if card.Title != nil {
			within(string(card.Title.Title), 0, 36)
			within(string(card.Title.Desc), 0, 44)
		}
		within(string(card.Body), 0, 160)
		count(len(card.Facts), 0, 6)
		for _, f := range card.Facts {
			within(string(f.Key), 1, 5)
			within(string(f.Value), 0, 30)
		}
		count(len(card.Jumps), 0, 3)
		for _, j := range card.Jumps {
			within(string(j.Title), 1, 18)
		}
		if card.Submit != nil {
			within(string(card.Submit.Text), 1, 10)
		}
		switch card.Type {
		case "text_notice":
			within(string(card.Title.Title), 1, 36)
			if card.Action == nil || card.Action.URL == "" {
				t.Fatalf("a notice that opens nothing")
			}
		case "button_interaction":
			within(string(card.Title.Title), 1, 36)
			count(len(card.Buttons), 1, 6)
			for _, b := range card.Buttons {
				within(string(b.Text), 1, 10)
			}
		case "vote_interaction":
			count(len(card.CheckBox.Options), 1, 20)
			for _, o := range card.CheckBox.Options {
				within(string(o.Text), 1, 17)
			}
		case "multiple_interaction":
			count(len(card.Selects), 1, 3)
			for _, s := range card.Selects {
				within(string(s.Title), 0, 16)
				count(len(s.Options), 2, 10)
				for _, o := range s.Options {
					within(string(o.Text), 1, 16)
				}
			}
		default:
			t.Fatalf("type %q", card.Type)
		}
	})
}

var partMark = regexp.MustCompile(`（\d+/\d+）`)

// bare is s without blanks and part marks, so that splitting does not matter.
func bare(s string) string {
	return strings.Join(strings.Fields(partMark.ReplaceAllString(strings.ToValidUTF8(s, "�"), "")), "")
}

func TestBothVersionsSayTheSameWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cards(4).Draw(t, "card")
		c.Body = ""
		var want []string
		want = append(want, c.Title, c.Desc)
		for _, f := range c.Facts {
			want = append(want, f.Key, f.Value)
		}
		for _, o := range c.Buttons {
			want = append(want, o.Text)
		}
		if c.Pick != nil {
			for _, o := range c.Pick.Options {
				want = append(want, o.Text)
			}
		}
		for _, s := range c.Selects {
			want = append(want, s.Title)
			for _, o := range s.Options {
				want = append(want, o.Text)
			}
		}
		for _, mode := range []bot.Mode{bot.ModeCard, bot.ModeText} {
			bodies, err := newTestRenderer().Render(bot.Reply{To: "a", Card: &c}, mode, "B", "t1")
			if err != nil {
				t.Fatalf("%v", err)
			}
			texts, card := shown(t, bodies)
			if len(texts) > fewParts && c.Link != nil {
				continue
			}
			all := strings.Join(texts, "") + "|" + strings.Join(cardWords(card), "|")
			for _, w := range want {
				if !strings.Contains(bare(all), bare(w)) {
					t.Fatalf("%s: %q is missing in %q", mode, w, all)
				}
			}
		}
	})
}

func cardWords(c *cardJSON) []string {
	if c == nil {
		return nil
	}
	out := []string{string(c.Body)}
	if c.Title != nil {
		out = append(out, string(c.Title.Title), string(c.Title.Desc))
	}
	for _, f := range c.Facts {
		out = append(out, string(f.Key), string(f.Value))
	}
	for _, j := range c.Jumps {
		out = append(out, string(j.Title))
	}
	for _, b := range c.Buttons {
		out = append(out, string(b.Text))
	}
	if c.CheckBox != nil {
		for _, o := range c.CheckBox.Options {
			out = append(out, string(o.Text))
		}
	}
	for _, s := range c.Selects {
		out = append(out, string(s.Title))
		for _, o := range s.Options {
			out = append(out, string(o.Text))
		}
	}
	return out
}

func TestATextIsSplitWithoutLosingOrBreakingAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.ToValidUTF8(words(600).Draw(t, "text"), "�")
		parts := splitText(s)
		if len(s) <= maxTextBytes && len(parts) != 1 {
			t.Fatalf("%d bytes became %d parts", len(s), len(parts))
		}
		for _, p := range parts {
			if len(p) > maxTextBytes || !utf8.ValidString(p) {
				t.Fatalf("%d bytes", len(p))
			}
			if strings.Count(p, "<a href=\"https://a.gov.cn/\">") != strings.Count(p, "看</a>") {
				t.Fatalf("a link is broken in %q", p)
			}
		}
		if len(parts) > 1 && bare(strings.Join(parts, "")) != bare(s) {
			t.Fatalf("lost something of %q", s)
		}
	})
}

func TestPartsEndWithSentences(t *testing.T) {
	s := strings.Repeat("单位应当建立台账，逐条登记。", 200) + "“全部完成。”" + strings.Repeat("其他说明，没有句号", 300)
	parts := splitText(s)
	for i, p := range parts[:4] {
		if !strings.HasSuffix(p, "。") || !strings.HasPrefix(p, fmt.Sprintf("（%d/%d）", i+1, len(parts))) {
			t.Errorf("part %d: %q … %q", i, p[:30], p[len(p)-30:])
		}
	}
	family := splitText(strings.Repeat("👨‍👩‍👧", 500))
	for _, p := range family {
		p = partMark.ReplaceAllString(p, "")
		if strings.Trim(strings.ReplaceAll(p, "👨‍👩‍👧", ""), " ") != "" {
			t.Errorf("a family was parted: %q", p[len(p)-20:])
		}
	}
}
