package index_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

func TestVersionsMeetAndReplaceEachOther(t *testing.T) {
	h := newHouse(t)
	first := h.save(draft("公务接待管理办法", "接待标准为每人每餐四十元。"))
	h.now = h.now.AddDate(0, 1, 0)
	second := h.save(draft("《公务接待管理办法》（2025年修订）", "接待标准为每人每餐五十元。"))
	if second.Document != first.Document || second.Replaced != first.Version {
		t.Fatalf("undated after undated: %+v after %+v", second, first)
	}
	if got := h.finds("接待标准每人每餐"); !slices.Equal(got, []string{"接待标准为每人每餐五十元。"}) {
		t.Fatalf("today: %q", got)
	}
	dated := h.save(from(draft("公务接待管理办法 (2026修正)", "接待标准为每人每餐六十元。"), date(2026, 6, 1)))
	if dated.Replaced != second.Version {
		t.Fatalf("dated after undated: %+v", dated)
	}
	h.wantFound("接待标准每人每餐", "接待标准为每人每餐五十元。")
	hits := h.search(knowledge.Query{Text: "接待标准每人每餐", Day: date(2026, 6, 1)})
	if got := texts(hits); !slices.Equal(got, []string{"接待标准为每人每餐六十元。"}) {
		t.Fatalf("from June: %q", got)
	}
	list, total, err := h.Documents(t.Context(), index.Filter{Words: "接待"})
	h.must(err)
	if total != 1 || len(list[0].Versions) != 3 || list[0].Title != "公务接待管理办法 (2026修正)" {
		t.Fatalf("%d: %+v", total, list)
	}
	for i, want := range []time.Time{{}, date(2026, 6, 1), date(2026, 4, 2)} { // the newest first
		if got := list[0].Versions[i].Repealed; !got.Equal(want) {
			t.Errorf("version %d ends on %v, want %v", i, got, want)
		}
	}
}

func TestAGivenRepealDateStands(t *testing.T) {
	h := newHouse(t)
	d := from(draft("接待办法", "旧标准每餐四十元。"), date(2010, 1, 1))
	d.Version.Repealed = date(2018, 1, 1)
	h.save(d)
	h.save(from(draft("接待办法", "新标准每餐五十元。"), date(2020, 1, 1)))
	for on, want := range map[time.Time]int{date(2017, 12, 31): 1, date(2018, 1, 1): 0, date(2019, 6, 1): 0, date(2020, 1, 1): 1} {
		if got := h.search(knowledge.Query{Text: "标准每餐多少元", Day: on}); len(got) != want {
			t.Errorf("%v: %q", on, texts(got))
		}
	}
}

func TestDocumentsAreToldApart(t *testing.T) {
	h := newHouse(t)
	by := func(title, issuer, number, text string) knowledge.Draft {
		d := draft(title, text)
		d.Document.Issuer, d.Document.Number = issuer, number
		return d
	}
	for _, c := range []struct {
		what string
		a, b knowledge.Draft
		same bool
	}{
		{"another issuer", by("甲办法", "省财政厅", "", "一一"), by("甲办法", "市财政局", "", "一二"), false},
		{"an issuer that was not read", by("乙办法", "省财政厅", "", "二一"), by("乙办法", "", "", "二二"), true},
		{"notices of the same name", by("关于开展自查的通知", "县纪委", "县纪发〔2024〕3号", "三一"), by("关于开展自查的通知", "县纪委", "县纪发〔2025〕3号", "三二"), false},
		{"the same notice, typed otherwise", by("关于丁的通知", "县纪委", "县纪发〔2024〕3号", "四一"), by("关于丁的通知", "县纪委", "县纪发[2024] 3号", "四二"), true},
		{"a rule revised under a new number", by("戊条例", "省人大", "第1号公告", "五一"), by("戊条例", "省人大", "第9号公告", "五二"), true},
		{"a long and a short name", by("中华人民共和国己法", "", "", "六一"), by("己法（2018年修正）", "", "", "六二"), true},
		{"trial and final", by("庚规定（试行）", "", "", "七一"), by("庚规定", "", "", "七二"), true},
		{"parts of one series", by("关于辛若干问题的解释（一）", "", "", "八一"), by("关于辛若干问题的解释（二）", "", "", "八二"), false},
	} {
		a, b := h.save(c.a), h.save(c.b)
		if (a.Document == b.Document) != c.same {
			t.Errorf("%s: one document: %v", c.what, !c.same)
		}
	}
}

func TestDescribeChangesWhatIsFound(t *testing.T) {
	writer, all := ways(t)
	saved := writer.save(draft("扫描件001", gifts))
	ids, err := writer.PassageIDs(t.Context(), saved.Version)
	writer.must(err)
	for _, h := range all {
		h.wantNotFound("廉洁从业若干准则", gifts)
	}
	writer.describe(ids[0], func(d *index.Description) {
		d.Title, d.Issuer, d.Number, d.Authority, d.Library = "廉洁从业若干准则", "国资委", "国资发〔2024〕7号", knowledge.Regulation, "laws"
		d.Effective = date(2024, 1, 1)
	})
	for _, h := range all {
		h.wantFound("廉洁从业若干准则", gifts)
		h.wantFound("国资发〔2024〕7号", gifts)
		p, ok, err := h.Passage(t.Context(), knowledge.Citizen(), ids[0], time.Time{})
		h.must(err)
		if !ok || p.Document.Authority != knowledge.Regulation || p.Document.Library != "laws" || !p.Version.Effective.Equal(date(2024, 1, 1)) {
			t.Errorf("%+v", p)
		}
	}
}

func TestAVersionDescribedAsAnotherDocumentsBecomesItsOwn(t *testing.T) {
	h := newHouse(t)
	old := h.save(from(draft("接待办法", "旧标准每餐四十元。"), date(2015, 1, 1)))
	stray := h.save(draft("扫描件002", "新标准每餐五十元。"))
	ids, err := h.PassageIDs(t.Context(), stray.Version)
	h.must(err)
	h.describe(ids[0], func(d *index.Description) { d.Title, d.Effective = "接待办法", date(2024, 1, 1) })
	if got := h.finds("标准每餐"); !slices.Equal(got, []string{"新标准每餐五十元。"}) {
		t.Errorf("found %q", got)
	}
	doc, _, _, err := h.Version(t.Context(), stray.Version)
	h.must(err)
	_, total, err := h.Documents(t.Context(), index.Filter{})
	h.must(err)
	if doc.ID != old.Document || total != 1 {
		t.Errorf("version in document %d of %d, want %d of 1", doc.ID, total, old.Document)
	}
}

func TestWithdrawingANewVersionLetsTheOldOneHoldAgain(t *testing.T) {
	h := newHouse(t)
	old := h.save(draft("接待办法", "旧标准每餐四十元。"))
	mistake := h.save(draft("接待办法", "新标准每餐五十元。"))
	if mistake.Replaced != old.Version {
		t.Fatalf("%+v", mistake)
	}
	revived, err := h.Withdraw(t.Context(), mistake.Version)
	h.must(err)
	if revived != old.Version {
		t.Errorf("revived %d, want %d", revived, old.Version)
	}
	h.wantFound("标准每餐", "旧标准每餐四十元。")
	h.must(h.Restore(t.Context(), mistake.Version))
	h.wantFound("标准每餐", "新标准每餐五十元。")
	h.wantNotFound("标准每餐", "旧标准每餐四十元。")
}

func TestEveryChangeDropsTheAnswersThatStoodOnIt(t *testing.T) {
	h := newHouse(t)
	saved := h.save(draft("接待办法", "旧标准每餐四十元。"))
	other := h.save(draft("车辆办法", vehicles))
	ids, err := h.PassageIDs(t.Context(), saved.Version)
	h.must(err)
	var newer knowledge.Saved
	for _, step := range []struct {
		what string
		do   func()
	}{
		{"a new version", func() { newer = h.save(draft("接待办法", "新标准每餐五十元。")) }},
		{"withdrawing", func() { _, err := h.Withdraw(t.Context(), newer.Version); h.must(err) }},
		{"restoring", func() { h.must(h.Restore(t.Context(), newer.Version)) }},
		{"accepting", func() { h.must(h.Accept(t.Context(), newer.Version)) }},
		{"describing", func() { h.describe(ids[0], func(d *index.Description) { d.Label = "旧版" }) }},
	} {
		_, err := h.db.Pool().Exec(t.Context(), "INSERT INTO answer_cache (key, answer, versions) VALUES ('on it', '{}', ARRAY[$1::bigint]), ('on another', '{}', ARRAY[$2::bigint])", saved.Version, other.Version)
		h.must(err)
		before := h.generation()
		step.do()
		var left []string
		h.must(h.db.Pool().QueryRow(t.Context(), "SELECT array_agg(key) FROM answer_cache").Scan(&left))
		if !slices.Equal(left, []string{"on another"}) {
			t.Errorf("%s leaves the answers %q", step.what, left)
		}
		if h.generation() <= before {
			t.Errorf("%s takes no generation", step.what)
		}
		_, err = h.db.Pool().Exec(t.Context(), "DELETE FROM answer_cache")
		h.must(err)
	}
}

func (h *house) generation() (n int64) {
	h.t.Helper()
	h.must(h.db.Pool().QueryRow(h.t.Context(), "SELECT generation FROM knowledge_generation").Scan(&n))
	return n
}

func TestAMissingVersionIsSaidSo(t *testing.T) {
	h := newHouse(t)
	if _, err := h.Withdraw(t.Context(), 99); !errors.Is(err, index.ErrNoVersion) {
		t.Error(err)
	}
	if err := h.Describe(t.Context(), 99, index.Description{Title: "甲", Audiences: []string{knowledge.Public}}); !errors.Is(err, index.ErrNoVersion) {
		t.Error(err)
	}
	if _, _, _, err := h.Version(t.Context(), 99); !errors.Is(err, index.ErrNoVersion) {
		t.Error(err)
	}
	if hits, err := h.Around(t.Context(), knowledge.Member(), 99); err != nil || len(hits) > 0 {
		t.Error(hits, err)
	}
}

func TestAClauseIsShownAmongItsNeighbours(t *testing.T) {
	h := newHouse(t)
	var clauses []string
	for _, c := range "甲乙丙丁戊己庚辛壬癸" {
		clauses = append(clauses, string(c)+"项职责由本单位承担。")
	}
	saved := h.save(draft("职责规定", clauses...))
	ids, err := h.PassageIDs(t.Context(), saved.Version)
	h.must(err)
	for at, want := range map[int][]string{5: clauses[2:9], 0: clauses[:4], 9: clauses[6:]} {
		around, err := h.Around(t.Context(), knowledge.Citizen(), ids[at])
		h.must(err)
		var got []string
		for _, p := range around {
			got = append(got, p.Text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("around %d: %q", at, got)
		}
	}
}

func TestANamedClauseIsFound(t *testing.T) {
	h := newHouse(t)
	h.save(from(draft("中国共产党纪律处分条例", "旧第一条内容。", "旧第二条内容。"), date(2018, 1, 1)))
	current := draft("中国共产党纪律处分条例（2023年修订）", "新第一条内容。", "新第二条内容。", "新第三条内容。")
	current.Document.Number = "中发〔2023〕9号"
	h.save(from(current, date(2024, 1, 1)))
	h.save(draft("公务员纪律处分条例实施细则", "细则第一条。", "细则第二条。"))
	q := knowledge.Query{Reader: knowledge.Citizen()}
	for _, c := range []struct {
		name knowledge.Name
		q    knowledge.Query
		want []string
	}{
		{knowledge.Name{Title: "党纪律处分条例", Article: "2"}, q, []string{"新第二条内容。"}},
		{knowledge.Name{Title: "中国共产党纪律处分条例", Article: "2"}, knowledge.Query{Reader: q.Reader, Day: date(2020, 1, 1)}, []string{"旧第二条内容。"}},
		{knowledge.Name{Title: "中国共产党纪律处分条例", Article: "2"}, knowledge.Query{Reader: q.Reader, Lapsed: true}, []string{"旧第二条内容。", "新第二条内容。"}},
		{knowledge.Name{Number: "中发20239号", Article: "3"}, q, []string{"新第三条内容。"}},
		{knowledge.Name{Title: "中国共产党纪律处分条例"}, q, []string{"新第一条内容。", "新第二条内容。", "新第三条内容。"}},
		{knowledge.Name{Title: "中国共产党纪律处分条例", Article: "77"}, q, nil},
		{knowledge.Name{Title: "没有的条例", Article: "1"}, q, nil},
	} {
		hits, err := h.Find(t.Context(), c.q, c.name)
		h.must(err)
		if got := texts(hits); !slices.Equal(got, c.want) {
			t.Errorf("%+v finds %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCountingAgainFollowsTheLengthOfPassages(t *testing.T) {
	h := newHouse(t)
	h.save(draft("短规定", "礼品上交。"))
	for _, d := range corpus() {
		h.save(d)
	}
	h.must(h.CountTerms(t.Context()))
	var mean, baked float64
	var counted, terms int64
	h.must(h.db.Pool().QueryRow(t.Context(), "SELECT length::float8 / passages, mean, terms_at, (SELECT count(*) FROM term_df) FROM knowledge_generation").Scan(&mean, &baked, &counted, &terms))
	if mean/baked > 1.1 || baked/mean > 1.1 || counted != h.generation() || terms < 100 {
		t.Errorf("mean %v, weights made with %v, %d terms counted at %d of %d", mean, baked, terms, counted, h.generation())
	}
	h.wantFound("礼品上交", "礼品上交。")
}
