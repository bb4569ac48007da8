package web_test

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/letter"
	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
	"qingfeng/bot/seal"
	"qingfeng/handlers"
)

const (
	officePass = "白露之后第三天清晨七点钟起雾"
	firstPass  = "窗外的桂花开到第三枝了吗"
	secondPass = "旧钢笔写不出蓝色的冬天呀"

	heAsked   = "评标专家抽取能不能让监督员到场看着，我那天在大厅等了一上午"
	sheAsked  = "抽专家的时候应当有外面的人在场"
	aboutYou  = "我提的意见你们办公室自己压着不办，请换别人处理"
	briefText = "有人建议抽取评标专家时请监督员到场，请说明现在的做法和能否做到"
	viewText  = "现在由两名工作人员抽取，可以从下月起请监督员到场"
	answered  = "从12月起抽取评标专家请特约监督员到场，并在公示栏贴记录"
)

// opinions is a unit with a notice, keys of both doors and two who hold receipts.
type opinions struct {
	*world
	office *letter.Keyring
	notice int64
	point  int64
	slips  map[int64]letter.Receipt
	salts  map[int64][]byte
}

func newOpinions(t *testing.T) *opinions {
	t.Helper()
	o := &opinions{world: newWorld(t), slips: map[int64]letter.Receipt{}, salts: map[int64][]byte{}}
	box, err := seal.New("test-only-0123456789abcdef0123456789abcdef", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o.desk.Opinions, o.desk.Publications, o.desk.Seal = o.reg, o.reg, box
	o.office = o.ring(opinion.Office, []string{"孙文"}, officePass)
	o.publish()
	return o
}

// ring makes the keys of a door, locked under one passphrase or two, with their printed key
// typed back.
func (o *opinions) ring(door opinion.Door, holders []string, pass ...string) *letter.Keyring {
	o.t.Helper()
	k, err := letter.NewKeyring()
	if err != nil {
		o.t.Fatal(err)
	}
	printed, err := letter.NewKeyring()
	if err != nil {
		o.t.Fatal(err)
	}
	k = k.Bound(printed.Recipient())
	locked, err := k.Lock(pass...)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := o.reg.SaveRing(o.t.Context(), handlers.SealRing{
		Door: door, Recipients: k.Recipients(), Recovery: printed.Recipient(), Printed: true, Made: monday(), Locks: []handlers.Lock{{Holders: holders, Locked: locked}},
	}); err != nil {
		o.t.Fatal(err)
	}
	return k
}

// publish confirms a point of 王舟 and opens a notice with it.
func (o *opinions) publish() {
	o.t.Helper()
	o.add("wang", "评标组织", "抽取评标专家时可能只有一人在场，事后更换名单")
	ctx := o.t.Context()
	o.point = o.check("wang").Points[0].ID
	o.sql(`UPDATE risk_point SET state = 'confirmed' WHERE id = $1`, o.point)
	snapshot, err := json.Marshal(notice.Snapshot{Unit: "栖云县交通运输局", Title: "2026年岗位廉政风险公示", Promise: 5, Points: []notice.Point{{No: 1, Section: "建设管理股", Post: "招标管理岗", Title: "评标专家抽取不规范"}}})
	if err != nil {
		o.t.Fatal(err)
	}
	sun, zhou := o.personID("sun"), o.personID("zhou")
	if err := o.db.Pool().QueryRow(ctx, `
		INSERT INTO public_notice (campaign_id, series, audience, code, title, state, draft, snapshot, hash, start_on, end_on, drafted_by)
		VALUES ($1, 1, 'website', 'Q7', '2026年岗位廉政风险公示', 'checking', '{}', $2, 'x', '2026-10-08', '2026-10-20', $3::text::bigint) RETURNING id`, o.campaign.ID, snapshot, sun).Scan(&o.notice); err != nil {
		o.t.Fatal(err)
	}
	o.sql(`INSERT INTO public_notice_point (notice, no, point_id, point_version) VALUES ($1, 1, $2, 1)`, o.notice, o.point)
	o.sql(`UPDATE public_notice SET state = 'approved', checked_by = $2::text::bigint, checked_on = '2026-10-07' WHERE id = $1`, o.notice, zhou)
	o.sql(`UPDATE public_notice SET state = 'open' WHERE id = $1`, o.notice)
}

func (o *opinions) sql(q string, args ...any) {
	o.t.Helper()
	if _, err := o.db.Pool().Exec(o.t.Context(), q, args...); err != nil {
		o.t.Fatal(err)
	}
}

func (o *opinions) sealed(k *letter.Keyring, said string) []byte {
	o.t.Helper()
	raw, err := json.Marshal(opinion.Words{Text: said})
	if err != nil {
		o.t.Fatal(err)
	}
	body, err := letter.Seal(raw, k.Recipients())
	if err != nil {
		o.t.Fatal(err)
	}
	return body
}

// says is a citizen: what was said lies there as the night leaves it, with a receipt.
func (o *opinions) says(said string, on time.Time) int64 {
	o.t.Helper()
	r, err := letter.NewReceipt(rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	salt := make([]byte, letter.SaltSize)
	_, _ = rand.Read(salt)
	key, err := r.Key(salt)
	if err != nil {
		o.t.Fatal(err)
	}
	due := o.desk.Days.Add(bot.Civil(on), 5)
	f := handlers.Feedback{
		Notice: o.notice, Point: 1, Kind: opinion.Suggestion, Channel: opinion.Web, ReceivedOn: bot.Civil(on), State: opinion.Received, Body: o.sealed(o.office, said),
		Selector: r.Selector(), Salt: salt, AnswerTo: key.AnswerTo(), DueOn: due, PurgeOn: opinion.PurgeOn(due),
	}
	if err := o.reg.AddFeedback(o.t.Context(), &f); err != nil {
		o.t.Fatal(err)
	}
	o.slips[f.ID], o.salts[f.ID] = r, salt
	return f.ID
}

// answer is what a receipt opens of an opinion; "" for none.
func (o *opinions) answer(id int64) string {
	o.t.Helper()
	f := o.feedback(id)
	if f.Answer == nil {
		return ""
	}
	key, err := o.slips[id].Key(o.salts[id])
	if err != nil {
		o.t.Fatal(err)
	}
	plain, err := key.Open(f.Answer)
	if err != nil {
		o.t.Fatalf("the receipt does not open its answer: %v", err)
	}
	return string(plain)
}

func (o *opinions) feedback(id int64) handlers.Feedback {
	o.t.Helper()
	f, err := o.reg.Feedback(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	return f
}

func (o *opinions) at(id int64, want opinion.State) handlers.Feedback {
	o.t.Helper()
	f := o.feedback(id)
	if f.State != want {
		o.t.Fatalf("the opinion is %s, want %s", f.State, want)
	}
	return f
}

// open opens the desk for 孙文 and returns its ticket.
func (o *opinions) open() (ticket string) {
	o.t.Helper()
	got := o.as("sun").post("/opinions/open", url.Values{"pass": {officePass}})
	if got.status != http.StatusOK {
		o.t.Fatalf("the desk does not open: %d\n%s", got.status, said(got.body))
	}
	return field(o.t, got.body, "ticket")
}

// does posts one action of 孙文 on an opinion as it stands.
func (o *opinions) does(id int64, ticket string, form url.Values) seen {
	o.t.Helper()
	form = clone(form)
	form.Set("ticket", ticket)
	if form.Get("rev") == "" {
		form.Set("rev", fmt.Sprint(o.feedback(id).Rev))
	}
	return o.as("sun").post(fmt.Sprintf("/opinions/%d", id), form)
}

// done is does for what must succeed with the desk open.
func (o *opinions) done(id int64, ticket string, form url.Values) string {
	o.t.Helper()
	got := o.does(id, ticket, form)
	if got.status != http.StatusOK {
		o.t.Fatalf("%v: %d\n%s", form, got.status, said(got.body))
	}
	return got.body
}

// nowhere looks for texts in every table, as text and as bytes, and in the log.
func (o *opinions) nowhere(texts ...string) {
	o.t.Helper()
	ctx := o.t.Context()
	rows, err := o.db.Pool().Query(ctx, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`)
	if err != nil {
		o.t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || !slices.Contains(tables, "outbox") || !slices.Contains(tables, "audit_event") || !slices.Contains(tables, "feedback") {
		o.t.Fatalf("%d tables, %v", len(tables), err)
	}
	for _, table := range tables {
		for _, said := range texts {
			for _, form := range []string{said, hex.EncodeToString([]byte(said)), strings.Trim(fmt.Sprintf("%+q", said), `"`)} {
				var n int
				if err := o.db.Pool().QueryRow(ctx, `SELECT count(*) FROM `+pgx.Identifier{table}.Sanitize()+` x WHERE strpos(x::text, $1) > 0`, form).Scan(&n); err != nil {
					o.t.Fatal(err)
				}
				if n > 0 {
					o.t.Errorf("%s holds %q", table, said)
				}
			}
		}
	}
	for _, said := range texts {
		if strings.Contains(o.logs.String(), said) {
			o.t.Errorf("the log holds %q", said)
		}
	}
}

// Only the desk's pages hold words, only while they are open, and only for the office.
func TestTheDeskOpensWithItsPassphraseForAQuarterOfAnHour(t *testing.T) {
	o := newOpinions(t)
	id := o.says(heAsked, monday().AddDate(0, 0, -3))
	sun := o.as("sun")
	closed := sun.get("/opinions").body
	for _, want := range []string{"共1条，待答复1条", "2026年岗位廉政风险公示 第1条 评标专家抽取不规范", "公示页", "10月9日收到", "有回执", "由孙文保管", "口令从不保存"} {
		if !strings.Contains(closed, want) {
			t.Errorf("the closed desk lacks %q:\n%s", want, closed)
		}
	}
	wrong := sun.post("/opinions/open", url.Values{"pass": {firstPass}})
	if wrong.status != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, "口令不对") {
		t.Errorf("a wrong passphrase: %d\n%s", wrong.status, said(wrong.body))
	}
	opened := sun.post("/opinions/open", url.Values{"pass": {officePass}})
	if opened.status != http.StatusOK || !strings.Contains(opened.body, heAsked) {
		t.Fatalf("%d\n%s", opened.status, said(opened.body))
	}
	ticket := field(t, opened.body, "ticket")
	for name, body := range map[string]string{"closed": closed, "wrong": wrong.body, "after": sun.get("/opinions").body} {
		if strings.Contains(body, heAsked) {
			t.Errorf("the desk shows words: %s", name)
		}
	}
	for _, page := range []seen{wrong, opened} {
		if strings.Contains(page.body, firstPass) || strings.Contains(page.body, officePass) || page.head.Get("Set-Cookie") != "" {
			t.Error("a passphrase or a cookie is on the page")
		}
	}
	if body := o.done(id, ticket, url.Values{"do": {"triage"}}); !strings.Contains(body, "已登记") || !strings.Contains(body, heAsked) {
		t.Error("the desk does not stay open over an action")
	}
	// The ticket is of this session only.
	delete(o.browsers, "sun")
	if got := o.does(id, ticket, url.Values{"do": {"image"}}); strings.Contains(got.body, heAsked) || !strings.Contains(got.body, "意见箱已合上") {
		t.Errorf("another session uses the ticket: %d", got.status)
	}
	o.browsers["sun"] = sun
	o.chat.Clock.Set(monday().Add(16 * time.Minute))
	late := o.does(id, ticket, url.Values{"do": {"accept"}})
	if late.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", late.status, said(late.body))
	}
	if body := sun.get(late.location).body; strings.Contains(body, heAsked) || !strings.Contains(body, "已受理") || !strings.Contains(body, "已合上") {
		t.Errorf("after a quarter of an hour:\n%s", said(body))
	}
	o.at(id, opinion.Accepted)
	o.nowhere(heAsked, officePass, firstPass)
	for _, not := range []string{fmt.Sprint(id), "/opinions/1"} {
		if strings.Contains(o.logs.String(), not) {
			t.Errorf("the log holds %q", not)
		}
	}
}

func TestOnlyTheOfficeOpensAndOthersSeeWhatTheMatrixSays(t *testing.T) {
	o := newOpinions(t)
	id := o.says(heAsked, monday())
	for who, want := range map[bot.UserID]int{"zhou": 200, "han": 200, "zhao": 200, "qian": 200, "li": 403, "wang": 403, "it": 403, "chen": 403} {
		got := o.as(who).get("/opinions")
		if got.status != want || strings.Contains(got.body, heAsked) || strings.Contains(got.body, `name="pass"`) {
			t.Errorf("%s: %d", who, got.status)
		}
		for path, form := range map[string]url.Values{"/opinions/open": {"pass": {officePass}}, fmt.Sprintf("/opinions/%d", id): {"do": {"triage"}, "rev": {"0"}}} {
			if got := o.as(who).post(path, form); got.status != http.StatusForbidden || strings.Contains(got.body, heAsked) {
				t.Errorf("%s posts %s: %d", who, path, got.status)
			}
		}
		if got := o.as(who).get("/tips"); (got.status == 200) != (who == "han") {
			t.Errorf("%s sees sealed clues: %d", who, got.status)
		}
	}
	o.at(id, opinion.Received)
	for who, want := range map[bot.UserID]string{"sun": "/opinions", "zhou": "/opinions", "han": "/tips", "li": "/opinions/view"} {
		if !strings.Contains(o.as(who).get("/").body, `href="`+want+`"`) {
			t.Errorf("%s does not find %s", who, want)
		}
	}
	if strings.Contains(o.as("sun").get("/").body, "/tips") || strings.Contains(o.as("wang").get("/").body, "/opinions") {
		t.Error("pages are offered to whom they do not belong")
	}
	if got := o.as("sun").get("/tips"); got.status != http.StatusForbidden {
		t.Errorf("the office sees sealed clues: %d", got.status)
	}
	if got := o.as("sun").post("/tips/open", url.Values{"pass": {officePass}}); got.status != http.StatusForbidden {
		t.Errorf("the office opens sealed clues: %d", got.status)
	}
	// A leader in charge counts what is about their own sections.
	if body := o.as("zhao").get("/opinions").body; !strings.Contains(body, "共1条") {
		t.Errorf("the leader in charge of the section:\n%s", said(body))
	}
	if body := o.as("qian").get("/opinions").body; !strings.Contains(body, "共0条") {
		t.Errorf("the leader in charge of another section:\n%s", said(body))
	}
}

func TestFiveTriesInTenMinutes(t *testing.T) {
	o := newOpinions(t)
	try := func(pass string) seen { return o.as("sun").post("/opinions/open", url.Values{"pass": {pass}}) }
	for range 5 {
		if got := try("猜一个看看能不能打开的"); !strings.Contains(got.body, "口令不对") {
			t.Fatal(said(got.body))
		}
	}
	if got := try(officePass); got.status == http.StatusOK || !strings.Contains(got.body, "过10分钟再试") {
		t.Errorf("a sixth try: %d\n%s", got.status, said(got.body))
	}
	o.chat.Clock.Set(monday().Add(11 * time.Minute))
	if got := try(officePass); got.status != http.StatusOK {
		t.Errorf("eleven minutes later: %d\n%s", got.status, said(got.body))
	}
	o.audited("desk.open", "refused", 6)
	o.audited("desk.open", "ok", 1)
}

// audited counts events and looks that they carry the day alone.
func (o *opinions) audited(action, result string, want int) {
	o.t.Helper()
	var n, timed int
	if err := o.db.Pool().QueryRow(o.t.Context(), `SELECT count(*), count(*) FILTER (WHERE (at AT TIME ZONE 'Asia/Shanghai')::time <> '00:00')
		FROM audit_event WHERE action = $1 AND result = $2`, action, result).Scan(&n, &timed); err != nil {
		o.t.Fatal(err)
	}
	if n != want || timed != 0 {
		o.t.Errorf("%s %s: %d events, want %d; %d tell a time", action, result, n, want, timed)
	}
}

func TestAProblemPageNeverShowsAPassphraseAgain(t *testing.T) {
	o := newOpinions(t)
	form := strings.NewReader(url.Values{"csrf": {"x"}, "pass": {officePass}, "pass2": {secondPass}, "ticket": {"AAAAAAAAAAAA"}, "answer": {answered}}.Encode())
	got := o.as("sun").send(http.MethodPost, "/opinions/open", form, "Content-Type", "application/x-www-form-urlencoded")
	if got.status != http.StatusForbidden || !strings.Contains(got.body, answered) || strings.Contains(got.body, officePass) || strings.Contains(got.body, secondPass) || strings.Contains(got.body, "AAAAAAAAAAAA") {
		t.Errorf("%d\n%s", got.status, said(got.body))
	}
}

func TestAnOpinionIsAskedAboutAnsweredLinkedAndClosed(t *testing.T) {
	o := newOpinions(t)
	id := o.says(heAsked, monday())
	ticket := o.open()
	o.done(id, ticket, url.Values{"do": {"triage"}})
	o.done(id, ticket, url.Values{"do": {"accept"}})
	section := fmt.Sprint(o.sectionOf("wang"))
	for name, form := range map[string]url.Values{
		"no words":   {"do": {"assign"}, "section": {section}},
		"no section": {"do": {"assign"}, "brief": {briefText}},
		"a number":   {"do": {"assign"}, "section": {section}, "brief": {"请联系13812345678问清楚"}},
	} {
		if got := o.does(id, ticket, form); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, heAsked) {
			t.Errorf("%s: %d\n%s", name, got.status, said(got.body))
		}
	}
	o.at(id, opinion.Accepted)
	o.done(id, ticket, url.Values{"do": {"assign"}, "section": {section}, "brief": {briefText}})
	o.chat.Settle()
	li := o.as("li")
	list := li.get("/opinions/view").body
	here := fmt.Sprintf("/opinions/view/%d", id)
	page := li.get(here)
	if !strings.Contains(list, here) || page.status != http.StatusOK || !strings.Contains(page.body, briefText) || strings.Contains(page.body+list, heAsked) || strings.Contains(page.body, "公示页") {
		t.Errorf("the section head sees %d\n%s", page.status, said(page.body))
	}
	for _, who := range []bot.UserID{"zheng", "wang", "han", "zhou"} {
		if got := o.as(who).get(here); got.status == http.StatusOK || strings.Contains(got.body, briefText) {
			t.Errorf("%s reads what another section was asked: %d", who, got.status)
		}
		if got := o.as(who).post(here, url.Values{"view": {"我来说两句"}, "rev": {"3"}}); got.status == http.StatusSeeOther {
			t.Errorf("%s answers for the section", who)
		}
	}
	if got := li.post(here, url.Values{"view": {"请问 身份证110101199003078515"}, "rev": {field(t, page.body, "rev")}}); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "请问 身份证") {
		t.Errorf("a number in a view: %d", got.status)
	}
	li.must(here, url.Values{"view": {viewText}, "rev": {field(t, page.body, "rev")}})
	ticket = o.open()
	if body := o.as("sun").post("/opinions/open", url.Values{"pass": {officePass}}).body; !strings.Contains(body, viewText) || !strings.Contains(body, "建设管理股的意见") {
		t.Errorf("the office does not read the view:\n%s", said(body))
	} else {
		ticket = field(t, body, "ticket")
	}

	for name, form := range map[string]url.Values{
		"no outcome":        {"do": {"answer"}, "answer": {answered}},
		"no reason":         {"do": {"answer"}, "outcome": {"not"}, "answer": {answered}},
		"partly, no reason": {"do": {"answer"}, "outcome": {"partly"}, "answer": {answered}},
		"no answer":         {"do": {"answer"}, "outcome": {"adopted"}},
		"an odd outcome":    {"do": {"answer"}, "outcome": {"yes"}, "answer": {answered}},
	} {
		got := o.does(id, ticket, form)
		if got.status != http.StatusUnprocessableEntity || form.Get("answer") != "" && !strings.Contains(got.body, answered) {
			t.Errorf("%s: %d, or what was typed is lost\n%s", name, got.status, said(got.body))
		}
	}
	stale := fmt.Sprint(o.feedback(id).Rev - 1)
	if got := o.does(id, ticket, url.Values{"do": {"answer"}, "outcome": {"adopted"}, "answer": {answered}, "rev": {stale}}); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "没有生效") {
		t.Errorf("a page of yesterday: %d", got.status)
	}
	if o.answer(id) != "" {
		t.Fatal("a refused answer was stored")
	}
	o.done(id, ticket, url.Values{"do": {"answer"}, "outcome": {"partly"}, "reason": {"先在大项目试行"}, "answer": {answered}})
	if f := o.at(id, opinion.Answered); f.Outcome != opinion.Partly || f.Reason != "先在大项目试行" || f.AnsweredOn.IsZero() {
		t.Errorf("%+v", f)
	}
	if got := o.answer(id); !strings.Contains(got, answered) || !strings.Contains(got, "先在大项目试行") {
		t.Errorf("the receipt reads %q", got)
	}

	other := risk.PointText{Title: "另一项", Manifestations: []string{"另一种做法"}, Category: "post", Level: "L3"}
	now := o.revision(other)
	if got := o.does(id, ticket, url.Values{"do": {"link"}, "revision": {"999"}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a revision that is none: %d", got.status)
	}
	if body := o.done(id, ticket, url.Values{"do": {"link"}, "revision": {fmt.Sprint(now)}}); !strings.Contains(body, "因您而改") || !strings.Contains(body, fmt.Sprintf("/point/%d/revise", o.point)) {
		t.Errorf("the change is not listed:\n%s", said(body))
	}
	o.done(id, ticket, url.Values{"do": {"close"}})
	if f := o.at(id, opinion.Closed); f.ClosedOn.IsZero() || f.Revision != now {
		t.Errorf("%+v", f)
	}
	for _, do := range []string{"triage", "accept", "assign", "answer", "decline", "merge", "away", "close", "purge", "line", "x"} {
		if got := o.does(id, ticket, url.Values{"do": {do}, "outcome": {"adopted"}, "answer": {answered}, "into": {"1"}, "section": {section}, "brief": {briefText}}); got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s of a closed opinion: %d", do, got.status)
		}
	}
	o.at(id, opinion.Closed)
	o.audited("opinion.answer", "ok", 1)
	o.audited("opinion.answer", "refused", 7)
	o.audited("opinion.view", "ok", 1)
	o.audited("opinion.assign", "ok", 1)
	o.audited("opinion.purge", "refused", 1)
	if body := o.as("zhou").get("/opinions").body; !strings.Contains(body, "部分采纳1条") || !strings.Contains(body, "先在大项目试行") || strings.Contains(body, heAsked) {
		t.Errorf("the principal leader does not see what came of it:\n%s", said(body))
	}
	o.chat.Settle()
	var cards, named int
	if err := o.db.Pool().QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE strpos(convert_from(body, 'utf8'), '请科室提意见') > 0), count(*) FILTER (WHERE strpos(convert_from(body, 'utf8'), $1) > 0) FROM outbox`, fmt.Sprint(id)).Scan(&cards, &named); err != nil || cards == 0 || named != 0 {
		t.Errorf("%d cards to the section head, %d tell which opinion, %v", cards, named, err)
	}
	o.nowhere(heAsked, briefText, viewText, answered, officePass)
}

// revision is a proposed change of the notice's point.
func (o *opinions) revision(after risk.PointText) (id int64) {
	o.t.Helper()
	p := o.check("wang").Points[0]
	after.Measures = p.Measures
	r := handlers.Revision{Point: o.point, After: after, Why: "按公示意见修改", ProposedOn: monday()}
	who, ok, err := o.reg.PersonByUserID(o.t.Context(), "sun")
	if err != nil || !ok {
		o.t.Fatal(err)
	}
	r.ProposedBy = who.ID
	if err := o.reg.ProposeRevision(o.t.Context(), &r); err != nil {
		o.t.Fatal(err)
	}
	return r.ID
}

func TestTwoReceiptsStayTwoWhenOpinionsAreMerged(t *testing.T) {
	o := newOpinions(t)
	his, hers := o.says(heAsked, monday()), o.says(sheAsked, monday())
	ticket := o.open()
	if got := o.does(hers, ticket, url.Values{"do": {"merge"}, "into": {fmt.Sprint(hers)}}); got.status != http.StatusUnprocessableEntity {
		t.Error("merged into itself")
	}
	body := o.done(hers, ticket, url.Values{"do": {"merge"}, "into": {fmt.Sprint(his)}})
	if !strings.Contains(body, "已并入 "+handlers.OpinionNo(his)) || !strings.Contains(body, sheAsked) || !strings.Contains(body, heAsked) {
		t.Errorf("both are still to be read:\n%s", said(body))
	}
	if got := o.does(hers, ticket, url.Values{"do": {"close"}}); got.status != http.StatusUnprocessableEntity {
		t.Error("closed without an answer")
	}
	if got := o.does(his, ticket, url.Values{"do": {"merge"}, "into": {fmt.Sprint(hers)}}); got.status != http.StatusUnprocessableEntity {
		t.Error("merged into what is merged")
	}
	o.done(his, ticket, url.Values{"do": {"answer"}, "outcome": {"adopted"}, "answer": {answered}})
	if o.answer(his) != answered || o.answer(hers) != answered {
		t.Errorf("%q, %q", o.answer(his), o.answer(hers))
	}
	if f := o.at(hers, opinion.Merged); f.Outcome != opinion.Adopted || f.AnswerTo == o.feedback(his).AnswerTo {
		t.Errorf("%+v", f)
	}
	o.done(his, ticket, url.Values{"do": {"close"}})
	o.at(hers, opinion.Closed)
}

func TestWhatIsNotOfThisNoticeIsToldWhereToGo(t *testing.T) {
	o := newOpinions(t)
	id := o.says("村口的路灯坏了三个月", monday())
	ticket := o.open()
	if got := o.does(id, ticket, url.Values{"do": {"decline"}}); got.status != http.StatusUnprocessableEntity {
		t.Error("declined without a word")
	}
	o.done(id, ticket, url.Values{"do": {"decline"}, "decline": {"路灯请找镇里的公用事业站"}})
	if f := o.at(id, opinion.NotInScope); f.Outcome != "" || o.answer(id) != "路灯请找镇里的公用事业站" {
		t.Errorf("%+v %q", f, o.answer(id))
	}
}
