package index_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

// like is how much a question is like what is remembered at a passage.
func (a *archive) like(question string, passage int64) float64 {
	a.t.Helper()
	m, err := a.Remembered(a.t.Context(), knowledge.Query{Text: question})
	ok(a.t, err)
	return m[passage]
}

func TestARememberedQuestionIsKnownInOtherWordsAndNotInOtherNumbers(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	_, p := a.document("出国管理规定", nil, "副科级以上干部因私出国应当报批。", "礼金超过二百元的应当在一个月内上交。", "三级预警由科室处理。")
	for i, q := range []string{"副科级干部因私出国要审批吗", "收到200元礼金几天内要上交", "三级预警由谁来处理"} {
		_, err := a.Remember(ctx, p[i], q, index.Confirmed, me)
		ok(t, err)
	}
	for question, want := range map[string]struct {
		passage int64
		from    float64
		to      float64
	}{
		"副科级干部因私出国要审批吗":     {p[0], 1, 1},
		"请问副科级干部因私出国要不要审批？": {p[0], 0.6, 1},
		"副科級幹部因私出國要審批嗎":     {p[0], 0, 1}, // traditional: as far as the table of characters goes
		"副处级干部因私出国要审批吗":     {p[0], 0, 0},
		"正科级干部因私出国要审批吗":     {p[0], 0, 0},
		"副科级干部因私出国不要审批":     {p[0], 0, 0},
		"收到2000元礼金几天内要上交":   {p[1], 0, 0},
		"收到200元礼金几天内要上交呢":   {p[1], 0.8, 1},
		"二级预警由谁来处理":         {p[2], 0, 0},
		"食堂几点开门":            {p[0], 0, 0},
		"":                  {p[0], 0, 0},
		"😀":                 {p[0], 0, 0},
	} {
		if got := a.like(question, want.passage); got < want.from || got > want.to {
			t.Errorf("%s: %.2f, want %.2f to %.2f", question, got, want.from, want.to)
		}
	}
	hits, err := a.Search(ctx, knowledge.Query{Text: "三级预警由谁来处理", Reader: knowledge.Member()})
	ok(t, err)
	if len(hits) == 0 || hits[0].ID != p[2] || !hits[0].Remembered || hits[0].Sure < 0.99 {
		t.Errorf("%+v", hits)
	}
	hits, err = a.Search(ctx, knowledge.Query{Text: "三级预警由谁来处理", Reader: knowledge.Citizen()})
	ok(t, err)
	if len(hits) != 0 {
		t.Error("memory showed what may not be seen")
	}
}

func TestWhatCannotBeRememberedSaysSo(t *testing.T) {
	a := newArchive(t)
	_, p := a.document("规定", nil, "某条的内容。")
	for question, c := range map[string]struct {
		passage int64
		want    error
	}{
		"😀": {p[0], index.ErrNoQuestion}, " \x00": {p[0], index.ErrNoQuestion}, strings.Repeat("我的故事很长", 40): {p[0], index.ErrNoQuestion},
		"好问题": {p[0] + 99, index.ErrNoPassage},
	} {
		if _, err := a.Remember(t.Context(), c.passage, question, index.FAQ, 0); !errors.Is(err, c.want) {
			t.Errorf("%q: %v", question, err)
		}
	}
}

func TestLikesTeachSlowlyAndNeverAsMuchAsAPerson(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	_, p := a.document("礼品登记规定", nil, "收受礼品应当登记上交。")
	const question = "收到礼品如何登记上交"
	judge := func(asker int64, liked bool) int64 {
		id := a.ask(asker, question, knowledge.Answered, p[0])
		_, err := a.Judge(ctx, id, asker, liked, "")
		ok(t, err)
		return id
	}
	first := judge(1, true)
	one := a.like(question, p[0])
	if one <= 0 || one > 0.2 {
		t.Fatalf("one 👍 weighs %.2f", one)
	}
	judge(1, true)
	judge(1, true)
	if got := a.like(question, p[0]); got != one {
		t.Errorf("one person counts %.2f, first %.2f", got, one)
	}
	before := one
	for asker := int64(2); asker < 40; asker++ {
		judge(asker, true)
		got := a.like(question, p[0])
		if got < before || got > 0.6 {
			t.Fatalf("%.3f after %.3f", got, before)
		}
		before = got
	}
	for asker := int64(100); asker < 118; asker++ {
		judge(asker, false)
	}
	if got := a.like(question, p[0]); got >= before || got <= 0 {
		t.Errorf("👎 left %.2f of %.2f", got, before)
	}
	_, err := a.Judge(ctx, first, 1, false, "")
	ok(t, err)
	m, err := a.Memories(ctx, p[0])
	ok(t, err)
	if len(m) != 1 || m[0].Likes != 39 || m[0].Dislikes != 19 || m[0].Kind != index.Liked {
		t.Fatalf("%+v: a person who liked it thrice and then once not holds both opinions", m)
	}
	for asker := int64(200); asker < 205; asker++ {
		judge(asker, false)
	}
	if got := a.like(question, p[0]); got != 0 {
		t.Errorf("disliked away, and weighs %.2f", got)
	}
	_, err = a.Remember(ctx, p[0], question, index.Confirmed, me)
	ok(t, err)
	judge(300, false)
	if got := a.like(question, p[0]); math.Abs(got-1) > 1e-6 {
		t.Errorf("confirmed by a person, it weighs %.2f", got)
	}
}

func TestAConfirmedAnswerSettlesItsQuestionsAndIsRemembered(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	_, p := a.document("年休假办法", nil, "未休年休假的，按日工资的百分之三百支付报酬。")
	ids := []int64{a.ask(1, "没休的假怎么算钱", knowledge.None), a.ask(2, "没休的假期怎么算钱", knowledge.None)}
	ok(t, a.Keep(ctx, "k", knowledge.Answer{Outcome: knowledge.None}))
	askers, err := a.Confirm(ctx, ids, p[0], me)
	ok(t, err)
	same(t, "who is told", askers, []int64{1, 2})
	if got := a.like("没休的假怎么算钱", p[0]); math.Abs(got-1) > 1e-6 {
		t.Errorf("%.2f", got)
	}
	if _, found, err := a.Cached(ctx, "k"); err != nil || found {
		t.Error("the old answer is still given", err)
	}
	if _, err := a.Confirm(ctx, []int64{a.ask(1, "别的", knowledge.None)}, 999, me); !errors.Is(err, index.ErrNoPassage) {
		t.Error(err)
	}
	m, err := a.Memories(ctx, p[0])
	ok(t, err)
	forgotten, err := a.Forget(ctx, m[0].ID)
	if err != nil || !forgotten || a.count("question_memory") != len(m)-1 {
		t.Error(forgotten, err)
	}
}

func TestMemoryGoesOnWithTheNextVersionWhereTheTextIsNearlyTheSame(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	kept := "第一条 工作人员收受的礼品，应当自收受之日起一个月内登记并上交所在单位，由单位统一保管和处理。"
	_, old := a.document("礼品规定", nil, kept, "第二条 礼金一律退回，不能退回的上交财政专户。", "第三条 本规定由办公室解释。")
	for i, q := range []string{"收到礼品多久要登记", "礼金退不回去上交到哪里", "这个规定谁解释"} {
		_, err := a.Remember(ctx, old[i], q, index.Confirmed, me)
		ok(t, err)
	}
	later := func(d *knowledge.Draft) { d.Version.Effective = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC) }
	version, fresh := a.document("礼品规定", later, strings.Replace(kept, "一个月", "十五日", 1), "第二条 集体接受的土特产由食堂入账使用。", "附则 略。", "第三条 本规定由办公室解释。")

	if a.like("收到礼品多久要登记", fresh[0]) < 0.9 || a.like("收到礼品多久要登记", old[0]) < 0.9 {
		t.Error("not carried, or lost at the old text")
	}
	waiting, err := a.WaitingMemories(ctx)
	ok(t, err)
	if len(waiting) != 1 || waiting[0].Question != "礼金退不回去上交到哪里" || waiting[0].Version != version || waiting[0].Old != old[1] || waiting[0].Guess != fresh[1] {
		t.Fatalf("%+v", waiting)
	}
	if a.like("礼金退不回去上交到哪里", fresh[1]) != 0 {
		t.Error("carried to a text that says something else")
	}
	if a.like("这个规定谁解释", fresh[3]) < 0.9 {
		t.Error("the same words under another number were not found")
	}
	placed, err := a.Place(ctx, waiting[0].Memory, fresh[2], me)
	if err != nil || !placed || a.like("礼金退不回去上交到哪里", fresh[2]) < 0.9 {
		t.Fatal(placed, err)
	}
	placed, err = a.Place(ctx, waiting[0].Memory, fresh[2], me)
	waiting, err2 := a.WaitingMemories(ctx)
	if err != nil || err2 != nil || placed || len(waiting) != 0 {
		t.Error(placed, err, waiting)
	}
	n := a.count("question_memory")
	c, err := a.CarryMemory(ctx, version, version)
	ok(t, err)
	if c.Same == 0 || a.count("question_memory") != n {
		t.Error("carried twice", c)
	}
}

func TestTenThousandRememberedQuestionsAreSearchedQuickly(t *testing.T) {
	a := newArchive(t)
	_, p := a.document("规定", nil, "某条的内容。")
	subjects := []string{"差旅费", "公务接待", "干部选拔", "礼金礼品", "政府采购", "个人有关事项", "因私出国", "公务用车", "经商办企业", "廉政风险"}
	acts := []string{"报销的标准", "审批的程序", "报告的时限", "违反的后果", "登记的要求", "公示的范围", "由谁负责", "需要哪些材料", "可以委托吗", "档案怎么保管"}
	var qs []string
	var grams, marks []string
	var sizes []int
	for i := range 10_000 {
		q := fmt.Sprintf("%s%s%c%c", subjects[i%10], acts[i/10%10], rune(0x4E00+i/100*37%3000), rune(0x5E00+i*13%3000))
		g, n, m := index.Traces(q)
		qs, grams, marks = append(qs, q), append(grams, g), append(marks, m)
		sizes = append(sizes, n)
	}
	a.exec(`INSERT INTO question_memory (passage_id, question, kind, weight, generation, grams, size, marks)
		SELECT $1, q, 'confirmed', 1, 0, grams::sparsevec, size, marks FROM unnest($2::text[], $3::text[], $4::int[], $5::text[]) AS x (q, grams, size, marks)
		ON CONFLICT DO NOTHING`, p[0], qs, grams, sizes, marks)
	a.exec("ANALYZE question_memory")
	var took []time.Duration
	for i := range 200 {
		began := time.Now()
		if a.like(qs[i*47], p[0]) < 0.99 {
			t.Fatal("not found:", qs[i*47])
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	t.Logf("median %s, 95 %% %s", took[100], took[190])
	if took[100] > 40*time.Millisecond {
		t.Errorf("median %s", took[100])
	}
}

func TestMemoryGoesOnWithAVersionThatAPersonLetIn(t *testing.T) {
	a := newArchive(t)
	ctx := t.Context()
	_, old := a.document("礼品规定", nil, "工作人员收受的礼品，应当自收受之日起一个月内登记上交。")
	_, err := a.Remember(ctx, old[0], "收到礼品多久要登记", index.Confirmed, me)
	ok(t, err)
	version, fresh := a.document("礼品规定", func(d *knowledge.Draft) {
		d.Version.Effective, d.Version.Review = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), true
	}, "工作人员收受的礼品，应当自收受之日起十五日内登记上交。")
	if a.like("收到礼品多久要登记", fresh[0]) != 0 {
		t.Error("carried before anybody looked at it")
	}
	ok(t, a.Accept(ctx, version))
	if a.like("收到礼品多久要登记", fresh[0]) < 0.9 {
		t.Error("not carried")
	}
}
