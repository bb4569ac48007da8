package public_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot/letter"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/survey"
	"qingfeng/bot/text"
	"qingfeng/handlers/public"
)

// hall is the citizens' listener with a store in memory, real keys and the desk behind it.
type hall struct {
	t *testing.T
	box

	hold      sync.Mutex
	holdFails bool
	published map[string]public.Published
	letters   map[string]opinion.Kept
	held      [][]byte
	broken    error // of the store
	noDoor    bool
	surveys   map[string]public.OpenSurvey

	office, discipline *letter.Keyring
	outer              *letter.OuterKey

	meter
	log bytes.Buffer
	now time.Time
	h   http.Handler
}

// multipartForm is a form with a file at its end.
func multipartForm(t *testing.T, form url.Values, name string, file io.Reader) (io.Reader, string) {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for k, v := range form {
		_ = m.WriteField(k, v[0])
	}
	part, err := m.CreateFormFile("image", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(part, file); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return &body, m.FormDataContentType()
}

// meter counts and remembers what it was asked.
type meter struct {
	mu      sync.Mutex
	price   int64
	spent   map[string]bool
	buckets map[string]int
	flood   bool
	dirty   int
	down    error
}

func (m *meter) Price(_ context.Context, bucket string) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.buckets[bucket]++
	return m.price, m.down
}

func (m *meter) Spend(_ context.Context, proof string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.spent[proof] {
		return false, m.down
	}
	m.spent[proof] = true
	return true, m.down
}
func (m *meter) Question(context.Context, string) (bool, error) { return !m.flood, m.down }
func (m *meter) Salt(context.Context) ([]byte, error)           { return []byte("salt of a day"), m.down }
func (m *meter) Dirty(context.Context) error                    { m.dirty++; return nil }

const (
	noticeCode = "k7m2p9"
	tipsCode   = "t5t5t5"
	imageCode  = "m4m4m4"
	endedCode  = "e1e1e1"
	surveyCode = "s8s8s8"
	unit       = "栖云县交通运输局"
)

func snapshot(code string) notice.Snapshot {
	return notice.Snapshot{
		Unit: unit, Title: "办公室廉政风险点公示", Audience: notice.Window, Code: code, Version: 1, Start: "2026-11-16", End: "2026-11-27", Days: 10, Promise: 10,
		Contact: notice.Contact{Phone: "0555-2110000", Address: "县政务中心三楼 308 室", Box: "一楼大厅东侧", Discipline: "县纪委监委驻交通运输局纪检监察组，0555-2110012"},
		Points: []notice.Point{
			{
				No: 1, Section: "办公室", Post: "采购管理岗", Item: "零星采购", Node: "询价比价", Category: "岗位职责风险", Title: "询价对象总是那几家", Level: "二级",
				Shapes: []string{"只向熟悉的供应商询价", "先定供应商再补比价表"}, Monitor: "分管领导", Basis: "《政府采购法》第三条", Supervision: "向局办公室反映",
				Measures: []notice.Measure{{Text: "每次询价由两人从名录随机抽三家", Who: "采购管理岗、财务岗", Frequency: "每次采购", Evidence: "抽取记录两人签名", NotDone: "没有抽取记录，或只有一人签名"}},
			},
			{No: 2, Section: "办公室", Post: "采购管理岗", Item: "零星采购", Title: "验收不看实物", Shapes: []string{"坐在办公室签收"}, Measures: []notice.Measure{{Text: "两人到场对照清单点数"}}},
			{No: 3, Section: "公路站", Post: "超限许可岗", Item: "超限运输许可", Title: "许可先后凭关系", Level: "一级", Shapes: []string{"熟人插队"}, Measures: []notice.Measure{{Text: "按受理时间排号，大厅屏幕公开"}}},
		},
		Hidden: 1,
	}
}

func newHall(t *testing.T) *hall {
	t.Helper()
	a := &hall{t: t, letters: map[string]opinion.Kept{}, now: time.Date(2026, 11, 18, 3, 0, 0, 0, time.UTC), meter: meter{price: 300, spent: map[string]bool{}, buckets: map[string]int{}}}
	var err error
	if a.office, err = letter.NewKeyring(); err != nil {
		t.Fatal(err)
	}
	if a.discipline, err = letter.NewKeyring(); err != nil {
		t.Fatal(err)
	}
	if a.outer, err = letter.NewOuter(rand.Reader); err != nil {
		t.Fatal(err)
	}
	open := public.Published{Snapshot: snapshot(noticeCode), State: notice.Open, Taking: true}
	tips, images, ended := open, open, open
	tips.Snapshot.Code, tips.Tips = tipsCode, true
	images.Snapshot.Code, images.Images, images.Tips = imageCode, true, true
	ended.Snapshot.Code, ended.State, ended.Taking = endedCode, notice.Ended, false
	ended.Counts = public.Counts{Received: 7, Adopted: 3, Partly: 1, Not: 2, Elsewhere: 1}
	ended.Changes = []public.Change{{Month: "2026-11", Post: "超限许可岗", Before: "按受理时间排号", After: "按受理时间排号，大厅屏幕公开", PointNo: 3}}
	a.published = map[string]public.Published{noticeCode: open, tipsCode: tips, imageCode: images, endedCode: ended}
	x, _, err := survey.TemplateByCode("service")
	if err != nil {
		t.Fatal(err)
	}
	a.surveys = map[string]public.OpenSurvey{surveyCode: {
		Code: surveyCode, Sheet: x.Sheet("来办事的感受"), Until: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC),
		Close: func(plain []byte) ([]byte, error) { return append([]byte("closed:"), plain...), nil },
	}}
	a.serve(nil)
	return a
}

func (a *hall) serve(change func(*public.Config)) {
	a.t.Helper()
	c := public.Config{
		Ballots: &a.box, Stop: func(s string) bool { return strings.Contains(s, "身份证") }, Secure: true,
		Log:   slog.New(slog.NewTextHandler(&a.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Store: a, Meter: &a.meter, Outer: a.outer.Public(), Door: door, Key: []byte(strings.Repeat("k", 32)),
		Now: func() time.Time { return a.now }, Random: rand.Reader, Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}
	if change != nil {
		change(&c)
	}
	h, err := public.New(c)
	if err != nil {
		a.t.Fatal(err)
	}
	a.h = h
}

// door stands for bot/risk's check.
func door(words string) (report, stopped bool, why string) {
	if strings.Contains(words, "13900001111") {
		return false, true, "13900001111"
	}
	if i := strings.Index(words, "王强收了红包"); i >= 0 {
		return true, false, "王强收了红包"
	}
	return false, false, ""
}

func (a *hall) Published(_ context.Context, code string) (public.Published, error) {
	if a.broken != nil {
		return public.Published{}, a.broken
	}
	p, ok := a.published[code]
	if !ok {
		return p, public.ErrNoNotice
	}
	return p, nil
}

func (a *hall) Recipients(_ context.Context, d opinion.Door) ([]string, error) {
	switch {
	case a.noDoor:
		return nil, public.ErrNoDoor
	case d == opinion.Discipline:
		return []string{a.discipline.Recipient()}, nil
	}
	return []string{a.office.Recipient()}, nil
}

func (a *hall) Hold(_ context.Context, key string, body []byte) error {
	a.hold.Lock()
	defer a.hold.Unlock()
	if key != a.outer.Name() {
		return errors.New("another key")
	}
	if a.holdFails {
		return errors.New("dial tcp: CANARY")
	}
	a.held = append(a.held, body)
	return nil
}

func (a *hall) Letter(_ context.Context, selector string) (opinion.Kept, error) {
	if k, ok := a.letters[selector]; ok {
		return k, nil
	}
	return opinion.Kept{}, public.ErrNoLetter
}

func (a *hall) OpenSurvey(_ context.Context, code string) (public.OpenSurvey, error) {
	if s, ok := a.surveys[code]; ok {
		return s, nil
	}
	return public.OpenSurvey{}, survey.ErrSpent
}

// night opens what was held, as the release does, and shows it by receipt.
func (a *hall) night() []opinion.Arrival {
	a.t.Helper()
	var out []opinion.Arrival
	for _, body := range a.held {
		raw, err := a.outer.Open(body)
		if err != nil {
			a.t.Fatal(err)
		}
		var x opinion.Arrival
		if err := json.Unmarshal(raw, &x); err != nil {
			a.t.Fatal(err)
		}
		out = append(out, x)
		if x.What == opinion.NewOpinion {
			day := time.Date(2026, 11, 18, 0, 0, 0, 0, time.UTC)
			a.letters[x.Selector] = opinion.Kept{
				Door: x.Door, Notice: x.Notice, Title: "办公室廉政风险点公示", State: opinion.Received, ReceivedOn: day, DueOn: day.AddDate(0, 0, 14),
				PurgeOn: day.AddDate(0, 0, 194), Salt: x.Salt, AnswerTo: x.AnswerTo,
			}
		}
	}
	a.held = nil
	return out
}

// reads is what a door's keys read of an arrival.
func (a *hall) reads(ring *letter.Keyring, sealed []byte) string {
	a.t.Helper()
	raw, err := ring.Open(sealed)
	if err != nil {
		a.t.Fatal(err)
	}
	var w opinion.Words
	if err := json.Unmarshal(raw, &w); err != nil {
		a.t.Fatal(err)
	}
	return w.Text
}

// answers puts an answer under a selector.
func (a *hall) answers(selector, words string) {
	a.t.Helper()
	k := a.letters[selector]
	sealed, err := letter.SealAnswer([]byte(words), k.AnswerTo)
	if err != nil {
		a.t.Fatal(err)
	}
	k.State, k.Outcome, k.Answer, k.AnsweredOn = opinion.Answered, opinion.Adopted, sealed, k.ReceivedOn.AddDate(0, 0, 5)
	a.letters[selector] = k
}

// sight is a page as somebody sees it.
type sight struct {
	status int
	raw    string
	page   string // entities decoded
	head   http.Header
}

func (a *hall) request(r *http.Request) sight {
	a.t.Helper()
	r.Header.Set("Cookie", "qf=somebody")
	r.Header.Set("User-Agent", "CANARY-browser")
	w := httptest.NewRecorder()
	a.h.ServeHTTP(w, r)
	return sight{w.Code, w.Body.String(), html.UnescapeString(w.Body.String()), w.Header()}
}

func (a *hall) get(path string) sight {
	a.t.Helper()
	return a.request(httptest.NewRequestWithContext(a.t.Context(), http.MethodGet, "https://p.example"+path, nil))
}

func (a *hall) post(path string, form url.Values) sight {
	a.t.Helper()
	r := httptest.NewRequestWithContext(a.t.Context(), http.MethodPost, "https://p.example"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return a.request(r)
}

func (a *hall) upload(form url.Values, fileName string, file io.Reader) sight {
	a.t.Helper()
	body, kind := multipartForm(a.t, form, fileName, file)
	r := httptest.NewRequestWithContext(a.t.Context(), http.MethodPost, "https://p.example/f", body)
	r.Header.Set("Content-Type", kind)
	return a.request(r)
}

// form is the hidden fields of a page's form, its question answered.
func (p sight) form(t *testing.T) url.Values {
	t.Helper()
	out := url.Values{}
	at := strings.Index(p.page, `<form class="say"`)
	if at < 0 {
		t.Fatalf("no form on\n%s", short(p.page))
	}
	part := p.page[at:]
	part = part[:strings.Index(part, "</form>")]
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)"`).FindAllStringSubmatch(part, -1) {
		out.Set(m[1], m[2])
	}
	if q := regexp.MustCompile(`防刷屏小题：(.+?)等于几`).FindStringSubmatch(part); q != nil {
		out.Set("answer", solve(t, q[1]))
	}
	return out
}

func solve(t *testing.T, q string) string {
	t.Helper()
	sign := 1
	parts := strings.Split(q, "加")
	if len(parts) != 2 {
		parts, sign = strings.Split(q, "减"), -1
	}
	x, ok := text.PublicParse(parts[0])
	y, ok2 := text.PublicParse(parts[1])
	if !ok || !ok2 {
		t.Fatalf("a question nobody understands: %s", q)
	}
	return text.PublicNumber(x + sign*y)
}

// proven solves the sum of a page instead of its question.
func (p sight) proven(t *testing.T) url.Values {
	t.Helper()
	f := p.form(t)
	f.Del("answer")
	m := regexp.MustCompile(`data-salt="([^"]+)" data-challenge="([^"]+)" data-max="(\d+)" data-sign="([^"]+)"`).FindStringSubmatch(p.page)
	if m == nil {
		t.Fatal("no sum")
	}
	limit, err := strconv.Atoi(m[3])
	if err != nil {
		t.Fatal(err)
	}
	for n := range limit + 1 {
		sum := sha256.Sum256([]byte(m[1] + strconv.Itoa(n)))
		if hex.EncodeToString(sum[:]) == m[2] {
			raw, err := json.Marshal(map[string]any{"algorithm": "SHA-256", "challenge": m[2], "number": n, "salt": m[1], "signature": m[4]})
			if err != nil {
				t.Fatal(err)
			}
			f.Set("proof", base64.StdEncoding.EncodeToString(raw))
			return f
		}
	}
	t.Fatal("the sum cannot be solved")
	return nil
}

func (p sight) receipt(t *testing.T) letter.Receipt {
	t.Helper()
	m := regexp.MustCompile(`id="code"[^>]*>([^<]+)<`).FindStringSubmatch(p.page)
	if m == nil {
		t.Fatalf("no receipt on\n%s", short(p.page))
	}
	r, err := letter.ParseReceipt(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// short is what a page says, without what is around it.
func short(page string) string {
	if i := strings.Index(page, "<main>"); i >= 0 {
		page = page[i:]
	}
	if i := strings.Index(page, "</main>"); i >= 0 {
		page = page[:i]
	}
	return page[:min(len(page), 2500)]
}
