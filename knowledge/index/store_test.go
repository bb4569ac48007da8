package index_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"qingfeng/bot/pg"
	"qingfeng/bot/pg/pgtest"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// house is a knowledge base under test; several share one database.
type house struct {
	*index.Store
	t  *testing.T
	db *pg.DB
	// now is what the clock shows.
	now time.Time
}

func newHouse(t *testing.T) *house { return houseOn(t, pgtest.New(t)) }

func houseOn(t *testing.T, db *pg.DB) *house {
	t.Helper()
	h := &house{t: t, db: db, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	var err error
	h.Store, err = index.New(index.Config{
		Conn: func(ctx context.Context) index.Conn { return db.Conn(ctx) }, InTx: db.InTx,
		Now: func() time.Time { return h.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// warmed fills the index in memory once; from then on it keeps up by itself.
func (h *house) warmed() *house {
	h.t.Helper()
	if err := h.CatchUp(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	return h
}

// draft is a document whose passages are the texts.
func draft(title string, texts ...string) knowledge.Draft {
	d := knowledge.Draft{
		Document: knowledge.Document{Title: title, Audiences: []string{knowledge.Public}},
		Version:  knowledge.Version{File: title + ".txt", Format: "txt", Hash: fmt.Sprintf("%x", title+strings.Join(texts, "|"))},
	}
	for i, s := range texts {
		start := utf8.RuneCountInString(d.Body)
		article := fmt.Sprintf("第%d条", i+1)
		d.Passages = append(d.Passages, knowledge.Passage{
			Pos: i, Path: []string{"第一章 总则", article}, Article: article, Text: s, Start: start, End: start + utf8.RuneCountInString(s),
		})
		d.Body += s
	}
	return d
}

func from(d knowledge.Draft, effective time.Time) knowledge.Draft {
	d.Version.Effective = effective
	return d
}

func to(d knowledge.Draft, audiences ...string) knowledge.Draft {
	d.Document.Audiences = audiences
	return d
}

func date(y int, m time.Month, d int) time.Time {
	return time.Date(y, m, d, 0, 0, 0, 0, time.FixedZone("", 8*60*60))
}

func (h *house) save(d knowledge.Draft) knowledge.Saved {
	h.t.Helper()
	saved, err := h.Save(h.t.Context(), d)
	if err != nil {
		h.t.Fatal(err)
	}
	return saved
}

func (h *house) search(q knowledge.Query) []knowledge.Hit {
	h.t.Helper()
	return h.searchIn(h.t.Context(), q)
}

func (h *house) searchIn(ctx context.Context, q knowledge.Query) []knowledge.Hit {
	h.t.Helper()
	if q.Reader.Audiences == nil {
		q.Reader = knowledge.Member()
	}
	hits, err := h.Search(ctx, q)
	if err != nil {
		h.t.Fatal(err)
	}
	return hits
}

// finds are the texts found for a question today.
func (h *house) finds(question string) []string {
	h.t.Helper()
	return texts(h.search(knowledge.Query{Text: question}))
}

func texts(hits []knowledge.Hit) []string {
	var out []string
	for _, hit := range hits {
		out = append(out, hit.Text)
	}
	return out
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) wantFound(question, text string) {
	h.t.Helper()
	if got := h.finds(question); len(got) == 0 || got[0] != text {
		h.t.Fatalf("%q finds %q, want first %q", question, got, text)
	}
}

func (h *house) wantNotFound(question, text string) {
	h.t.Helper()
	if got := h.finds(question); slices.Contains(got, text) {
		h.t.Fatalf("%q finds %q", question, text)
	}
}

const (
	gifts    = "收受礼品礼金的，应当在一个月内登记上交。"
	vehicles = "公务车辆实行统一调度，节假日封存停驶。"
	receipts = "公务接待应当凭公函，严格控制陪餐人数。"
)

func TestWhatIsSavedIsFound(t *testing.T) {
	h := newHouse(t)
	saved := h.save(from(draft("廉洁从政规定", gifts, vehicles, receipts), date(2024, 5, 1)))
	for _, part := range []string{"by SQL", "in memory"} {
		hits := h.search(knowledge.Query{Text: "收到礼品怎么上交"})
		if len(hits) == 0 || hits[0].Text != gifts {
			t.Fatalf("%s: %q", part, texts(hits))
		}
		p := hits[0].Passage
		if p.Version.ID != saved.Version || p.Document.ID != saved.Document || p.Document.Title != "廉洁从政规定" || p.Article != "第1条" ||
			!p.Version.Effective.Equal(date(2024, 5, 1)) || !p.Version.InForce(date(2024, 5, 1)) || p.Start != 0 || p.End != utf8.RuneCountInString(gifts) || len(p.Hash) != 64 {
			t.Fatalf("%s: %+v", part, p)
		}
		h.warmed()
	}
}

func TestAnEmptyLibraryFindsNothing(t *testing.T) {
	h := newHouse(t)
	if got := h.finds("三重一大"); len(got) > 0 {
		t.Fatal(got)
	}
	h.must(h.CountTerms(t.Context()))
	if got := h.warmed().finds("三重一大"); len(got) > 0 {
		t.Fatal(got)
	}
}

func TestOddQuestions(t *testing.T) {
	h := newHouse(t)
	h.save(draft("廉洁从政规定", gifts, vehicles))
	for range 2 {
		for _, q := range []string{"😀", "", " \n", "？？", "\x00", string([]byte{0xff, 0xfe}), "abc", "'; DROP TABLE passage; --"} {
			if got := h.finds(q); len(got) > 0 {
				t.Errorf("%q finds %q", q, got)
			}
		}
		long := "公务车辆节假日封存" + strings.Repeat("请问单位里的事情应当怎样办理才对", 320)
		began := time.Now()
		h.wantFound(long, vehicles)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("5,000 characters took %v", took)
		}
		h.warmed()
	}
}

func TestADraftWithoutTitleOrTextIsRefused(t *testing.T) {
	h := newHouse(t)
	for _, d := range []knowledge.Draft{draft("", gifts), draft("规定")} {
		if _, err := h.Save(t.Context(), d); err == nil {
			t.Errorf("saved %q", d.Document.Title)
		}
	}
}

func TestATransactionFindsWhatItSaved(t *testing.T) {
	db := pgtest.New(t)
	h, other := houseOn(t, db).warmed(), houseOn(t, db).warmed()
	h.save(draft("接待规定", receipts))
	failed := fmt.Errorf("changed my mind")
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		if _, err := h.Save(ctx, draft("礼品规定", gifts)); err != nil {
			return err
		}
		if got := texts(h.searchIn(ctx, knowledge.Query{Text: "礼品礼金登记上交"})); len(got) == 0 || got[0] != gifts {
			t.Errorf("inside: %q", got)
		}
		other.wantNotFound("礼品礼金登记上交", gifts)
		return failed
	})
	if err == nil {
		t.Fatal("committed")
	}
	// What was rolled back has left no trace in any memory, also after its generation
	// was taken by something else.
	h.save(draft("车辆规定", vehicles))
	for _, x := range []*house{h, other} {
		x.wantNotFound("礼品礼金登记上交", gifts)
		x.wantFound("节假日封存车辆", vehicles)
	}
}

func TestMemoryAndSQLAgree(t *testing.T) {
	db := pgtest.New(t)
	cold, warm := houseOn(t, db), houseOn(t, db)
	for i, d := range corpus() {
		cold.save(d)
		if i == 20 {
			warm.warmed()
		}
	}
	cold.must(cold.CountTerms(t.Context()))
	// SQL does not know what a passage's chapter and document say beside it, so that
	// near ties may fall otherwise; how sure a hit is differs only by what the mean
	// length has moved since the weights were made.
	same, all := 0, 0
	for _, q := range questions() {
		bySQL, inMemory := cold.search(knowledge.Query{Text: q, Limit: 10}), warm.search(knowledge.Query{Text: q, Limit: 10})
		sure := map[int64]float64{}
		for _, hit := range inMemory {
			sure[hit.ID] = hit.Sure
		}
		all += len(inMemory)
		for _, hit := range bySQL {
			s, ok := sure[hit.ID]
			if !ok {
				continue
			}
			same++
			if math.Abs(s-hit.Sure) > 0.02 {
				t.Errorf("%q, %q: sure %v by SQL, %v in memory", q, hit.Text, hit.Sure, s)
			}
		}
	}
	if all < 90 || same*100 < all*85 {
		t.Errorf("of the first ten %d of %d are the same", same, all)
	}
}

// corpus are forty documents of a few clauses each, on overlapping subjects.
func corpus() []knowledge.Draft {
	who := []string{"党员干部", "科室负责人", "采购经办人", "窗口工作人员", "执法人员"}
	what := []string{"收受礼品礼金", "使用公务车辆", "安排公务接待", "组织政府采购", "审批行政许可", "发放津贴补贴", "因公出国出差", "处置国有资产"}
	how := []string{"应当事先报告并经集体研究", "不得超过规定标准", "由财务部门每季度核查", "违反的给予批评教育或者处分", "应当公开结果接受监督", "须在七日内登记备案"}
	var out []knowledge.Draft
	for i := range 40 {
		var texts []string
		for j := range 6 {
			texts = append(texts, fmt.Sprintf("%s%s，%s；情节%s的，从第%d项规定。", who[(i+j)%5], what[(i*3+j)%8], how[(i+2*j)%6], []string{"较轻", "较重", "严重"}[(i+j)%3], i*7+j))
		}
		out = append(out, draft(fmt.Sprintf("%s%s管理办法%d", who[i%5], what[i%8], i), texts...))
	}
	return out
}

func questions() []string {
	return []string{
		"采购经办人收受礼品礼金怎么处理", "公务车辆节假日能用吗", "窗口工作人员审批行政许可要公开结果吗", "津贴补贴超过标准",
		"情节严重的处分", "国有资产处置集体研究", "第73项", "出差要事先报告吗", "执法人员", "财务部门多久核查一次公务接待",
	}
}

func TestDuplicatesUnderOtherNamesAreKnown(t *testing.T) {
	h := newHouse(t)
	first := h.save(draft("廉洁从政规定", gifts, vehicles))
	if first.Known {
		t.Fatal("new, and known")
	}
	sameFile := draft("别的名字", gifts, vehicles)
	sameFile.Version.Hash = draft("廉洁从政规定", gifts, vehicles).Version.Hash
	sameFile.Body = "从同一个文件换一种办法读出来的文字"
	sameText := draft("又一个名字", gifts, vehicles)
	sameText.Body = strings.ReplaceAll(sameText.Body, "，", "，\n ")
	for _, d := range []knowledge.Draft{draft("廉洁从政规定", gifts, vehicles), sameFile, sameText} {
		again := h.save(d)
		if !again.Known || again.Version != first.Version || again.Document != first.Document {
			t.Errorf("%s: %+v, want %+v", d.Document.Title, again, first)
		}
	}
	if got := h.finds("礼品礼金"); len(got) != 1 {
		t.Errorf("found %q", got)
	}
}

func TestTheSameTextSavedAtOnceIsSavedOnce(t *testing.T) {
	db := pgtest.New(t)
	results := make(chan knowledge.Saved)
	for i := range 6 {
		h := houseOn(t, db)
		go func() {
			saved, err := h.Save(t.Context(), draft([]string{"甲规定", "乙规定"}[i%2], gifts))
			if err != nil {
				t.Error(err)
			}
			results <- saved
		}()
	}
	fresh, version := 0, int64(0)
	for range 6 {
		r := <-results
		if !r.Known {
			fresh++
		}
		if version != 0 && r.Version != version {
			t.Errorf("versions %d and %d", version, r.Version)
		}
		version = r.Version
	}
	if fresh != 1 {
		t.Errorf("%d of 6 were new", fresh)
	}
}

func TestAMemoryCatchesUpByGeneration(t *testing.T) {
	db := pgtest.New(t)
	reader, writer := houseOn(t, db), houseOn(t, db)
	writer.save(draft("接待规定", receipts))
	reader.warmed()
	writer.save(draft("礼品规定", gifts))
	reader.wantFound("礼品礼金登记上交", gifts)
	// A gap too large to wait for: SQL answers until the background has closed it.
	for i := range 30 {
		many := make([]string, 100)
		for j := range many {
			many[j] = fmt.Sprintf("第%d号事项由第%d组办理，期限%d日。", i, j, i*100+j)
		}
		writer.save(draft(fmt.Sprintf("事项清单%d", i), many...))
	}
	writer.save(draft("车辆规定", vehicles))
	reader.wantFound("节假日封存车辆", vehicles)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { reader.Warm(ctx); close(done) }()
	reader.wantFound("节假日封存车辆", vehicles)
	for i := 0; reader.Behind(ctx) > 0; i++ {
		if i > 200 {
			t.Fatal("the background does not catch up")
		}
		time.Sleep(50 * time.Millisecond)
	}
	reader.wantFound("节假日封存车辆", vehicles)
	stop()
	<-done
}
