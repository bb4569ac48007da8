package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/handlers"
)

func TestWhatCameByPhoneIsEnteredWithoutNamesAndMayHaveAReceipt(t *testing.T) {
	o := newOpinions(t)
	sun := o.as("sun")
	if body := sun.get("/opinions/new").body; !strings.Contains(body, "不写是谁说的") {
		t.Error(said(body))
	}
	good := url.Values{"channel": {"phone"}, "on": {"2026-10-12"}, "notice": {fmt.Sprint(o.notice)}, "point": {"1"}, "kind": {"suggestion"}, "text": {"希望抽专家的时间提前公布"}, "receipt": {"1"}}
	for name, c := range map[string]struct{ field, value string }{
		"a phone number": {"text", "来电人13812345678希望提前公布"},
		"an accusation":  {"text", "招标股王强收了投标人两条烟"},
		"a secret":       {"text", "机密★1年 希望公开这份文件"},
		"tomorrow":       {"on", "2026-10-13"},
		"no day":         {"on", "x"},
		"long ago":       {"on", "2025-10-13"},
		"the web":        {"channel", "web"},
		"no kind":        {"kind", ""},
		"no text":        {"text", " "},
		"no such point":  {"point", "9"},
		"no such notice": {"notice", "99"},
		"too long":       {"text", strings.Repeat("长", 1501)},
	} {
		form := clone(good)
		form.Set(c.field, c.value)
		got := sun.post("/opinions/new", form)
		if got.status != http.StatusUnprocessableEntity || c.field == "text" && !strings.Contains(got.body, strings.TrimSpace(c.value)) {
			t.Errorf("%s: %d, or what was typed is lost\n%s", name, got.status, said(got.body))
		}
	}
	o.audited("opinion.enter", "refused", 12)
	got := sun.post("/opinions/new", good)
	m := regexp.MustCompile(`<b class="no">([0-9A-Z-]{29})</b>`).FindStringSubmatch(got.body)
	if got.status != http.StatusOK || m == nil || strings.Contains(got.body, "希望抽专家") {
		t.Fatalf("%d\n%s", got.status, said(got.body))
	}
	if strings.Contains(sun.get("/opinions/new").body, m[1]) {
		t.Error("the receipt is shown twice")
	}
	all, err := o.reg.Feedbacks(t.Context(), handlers.FeedbackFilter{})
	if err != nil || len(all) != 1 || all[0].State != opinion.Triaged || all[0].Channel != opinion.Phone || !bot.Civil(all[0].DueOn).Equal(o.desk.Days.Add(bot.Civil(monday()), 5)) {
		t.Fatalf("%+v %v", all, err)
	}
	id := all[0].ID
	o.done(id, o.open(), url.Values{"do": {"answer"}, "outcome": {"adopted"}, "answer": {answered}})
	r, err := letter.ParseReceipt(m[1])
	if err != nil {
		t.Fatal(err)
	}
	var salt []byte
	if err := o.db.Pool().QueryRow(t.Context(), `SELECT salt FROM feedback WHERE selector = $1`, r.Selector()).Scan(&salt); err != nil {
		t.Fatal(err)
	}
	o.slips[id], o.salts[id] = r, salt
	if o.answer(id) != answered {
		t.Error("the receipt does not open the answer")
	}
	plain := clone(good)
	plain.Del("receipt")
	if got := sun.post("/opinions/new", plain); strings.Contains(got.body, `<b class="no">`) || !strings.Contains(got.body, "已封存登记") {
		t.Error(said(got.body))
	}
	o.nowhere("希望抽专家的时间提前公布", m[1], strings.ReplaceAll(m[1], "-", ""), answered, "13812345678")
	if got := o.as("li").post("/opinions/new", good); got.status == http.StatusOK {
		t.Error("a section head enters opinions")
	}
}

func TestNothingIsTakenBeforeTheKeysAreReady(t *testing.T) {
	o := newOpinions(t)
	o.sql(`UPDATE seal_ring SET printed = false`)
	sun := o.as("sun")
	if body := sun.get("/opinions/new").body; !strings.Contains(body, "钥匙还没有备好") {
		t.Error(said(body))
	}
	form := url.Values{"channel": {"box"}, "on": {"2026-10-12"}, "kind": {"praise"}, "text": {"窗口办得快"}}
	if got := sun.post("/opinions/new", form); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "qingfeng keys init") {
		t.Errorf("%d\n%s", got.status, said(got.body))
	}
	if body := sun.get("/opinions").body; !strings.Contains(body, "还没有回填") {
		t.Error("the desk does not say that the printed key was not typed back")
	}
	o.sql(`DELETE FROM seal_ring`)
	if got := sun.post("/opinions/open", url.Values{"pass": {officePass}}); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "qingfeng keys init") {
		t.Errorf("%d\n%s", got.status, said(got.body))
	}
	if body := sun.get("/opinions").body; strings.Contains(body, `name="pass"`) {
		t.Error("a passphrase is asked for though there is no key")
	}
}

func TestTheDeskSeesWhenWordsAreSealedToSomebodyElse(t *testing.T) {
	o := newOpinions(t)
	spy, err := letter.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	o.sql(`UPDATE seal_ring SET recipients = recipients || $1::text`, spy.Recipient())
	if body := o.as("sun").post("/opinions/open", url.Values{"pass": {officePass}}).body; !strings.Contains(body, "有人改过存放的公钥") {
		t.Error(said(body))
	}
}

func TestAnImageIsShownInsideTheOpenDeskOnly(t *testing.T) {
	o := newOpinions(t)
	id := o.says(heAsked, monday())
	jpeg := append([]byte{0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0}, make([]byte, 100)...)
	sealed, err := letter.SealLarge(jpeg, letter.ImageSize/2, o.office.Recipients())
	if err != nil {
		t.Fatal(err)
	}
	o.sql(`UPDATE feedback SET image = $2 WHERE id = $1`, id, sealed)
	ticket := o.open()
	got := o.does(id, ticket, url.Values{"do": {"image"}})
	if got.status != http.StatusOK || !strings.Contains(got.body, `src="data:image/jpeg;base64,/9j/`) || !strings.Contains(got.head.Get("Content-Security-Policy"), "img-src 'self' data:") {
		t.Errorf("%d %s", got.status, got.head.Get("Content-Security-Policy"))
	}
	if csp := o.as("sun").get("/opinions").head.Get("Content-Security-Policy"); strings.Contains(csp, "data:") {
		t.Error("other pages may show foreign images")
	}
	o.sql(`UPDATE feedback SET image = $2 WHERE id = $1`, id, o.sealed(o.office, "<svg onload=alert(1)>"))
	if got := o.does(id, ticket, url.Values{"do": {"image"}}); strings.Contains(got.body, "data:") || !strings.Contains(got.body, "打不开") {
		t.Error("something that is no image is shown")
	}
	// Handed over, the image goes along, sealed to the other door.
	k := o.ring(opinion.Discipline, []string{"韩清"}, firstPass)
	o.sql(`UPDATE feedback SET image = $2 WHERE id = $1`, id, sealed)
	o.done(id, ticket, url.Values{"do": {"away"}})
	if plain, err := k.Open(o.tips()[0].Image); err != nil || string(plain) != string(jpeg) {
		t.Errorf("%d bytes, %v", len(plain), err)
	}
	page := o.as("han").post("/tips/open", url.Values{"pass": {firstPass}})
	if got := o.as("han").post(fmt.Sprintf("/tips/%d", o.tips()[0].ID), url.Values{"do": {"image"}, "ticket": {field(t, page.body, "ticket")}}); !strings.Contains(got.body, "data:image/jpeg") {
		t.Error(said(got.body))
	}
}

func TestOnTheirDayWordsAreGoneAndWhatCameOfThemStays(t *testing.T) {
	o := newOpinions(t)
	id := o.says(heAsked, monday())
	o.done(id, o.open(), url.Values{"do": {"answer"}, "outcome": {"not"}, "reason": {"已有监督"}, "answer": {answered}})
	f := o.feedback(id)
	o.chat.Clock.Set(bot.Civil(f.PurgeOn).AddDate(0, 0, -10).Add(9 * time.Hour))
	if body := o.as("sun").get("/opinions").body; !strings.Contains(body, "删除1条的内容") {
		delete(o.browsers, "sun")
		if body = o.as("sun").get("/opinions").body; !strings.Contains(body, "删除1条的内容") {
			t.Errorf("the day of deletion is not told:\n%s", said(body))
		}
	}
	o.chat.Clock.Set(bot.Civil(f.PurgeOn).Add(9 * time.Hour))
	if _, err := o.reg.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	f = o.at(id, opinion.Purged)
	if f.Body != nil || f.Answer != nil || f.AnswerTo != "" {
		t.Errorf("%+v", f)
	}
	delete(o.browsers, "sun")
	got := o.as("sun").post("/opinions/open", url.Values{"pass": {officePass}})
	if got.status != http.StatusOK || strings.Contains(got.body, heAsked) || !strings.Contains(got.body, "不采纳1条") {
		t.Errorf("%d\n%s", got.status, said(got.body))
	}
}

// mornings says what one person is told on a morning.
func (o *opinions) mornings(who bot.UserID, at time.Time) string {
	o.t.Helper()
	o.chat.Clock.Set(at)
	ctx, n := context.Background(), 0
	count := func() (n int) {
		if err := o.db.Pool().QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM outbox`).Scan(&n); err != nil {
			o.t.Fatal(err)
		}
		return n
	}
	n = count()
	if err := o.chat.Runner.Do(ctx, who, o.desk.OpinionsMorning); err != nil {
		o.t.Fatal(err)
	}
	rows, err := o.db.Pool().Query(ctx, `SELECT convert_from(body, 'utf8') FROM outbox WHERE id > $1`, n)
	if err != nil {
		o.t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		o.t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

func TestTheMorningTellsNumbersOnceAndNothingElse(t *testing.T) {
	o := newOpinions(t)
	id := o.says(heAsked, monday()) // due on the 19th
	at := func(d int, h time.Duration) time.Time {
		return time.Date(2026, 10, d, 0, 0, 0, 0, bot.Zone()).Add(h * time.Hour)
	}
	if got := o.mornings("sun", at(13, 3)); got != "" {
		t.Errorf("told at night: %s", got)
	}
	first := o.mornings("sun", at(13, 9))
	if !strings.Contains(first, "2026年岗位廉政风险公示》1条") || !strings.Contains(first, "收到了公示意见") || strings.Contains(first, fmt.Sprint(id)) || strings.Contains(first, heAsked) {
		t.Errorf("%s", first)
	}
	if got := o.mornings("sun", at(13, 10)); got != "" {
		t.Errorf("told twice: %s", got)
	}
	for day, want := range map[int]string{14: "", 15: "2个工作日内到期：1条", 19: "今天到期：1条", 20: "已过承诺期限：1条"} {
		if got := o.mornings("sun", at(day, 9)); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("on the %dth: %s", day, got)
		}
	}
	if got := o.mornings("sun", at(18, 9)); got != "" {
		t.Errorf("told on a Sunday: %s", got)
	}
	for _, who := range []bot.UserID{"han", "zhou", "li", "wang"} {
		if got := o.mornings(who, at(20, 9)); got != "" {
			t.Errorf("%s is told: %s", who, got)
		}
	}
	o.sql(`INSERT INTO sealed_tip (id, received_on, state, body, purge_on) VALUES (5, '2026-10-20', 'received', 'x', '2027-04-01'), (6, '2026-10-20', 'received', 'x', '2027-04-01')`)
	got := o.mornings("han", at(21, 9))
	if !strings.Contains(got, "有封存线索") || regexp.MustCompile(`2条|两条|10月|昨天`).MatchString(got) {
		t.Errorf("the discipline office hears %s", got)
	}
	if got := o.mornings("sun", at(22, 9)); strings.Contains(got, "封存线索") {
		t.Errorf("the office hears of clues: %s", got)
	}
	if got := o.mornings("han", at(23, 9)); got != "" {
		t.Errorf("told again: %s", got)
	}
}

func TestTheChatCountsOpinionsAndNeverQuotesThem(t *testing.T) {
	o := newOpinions(t)
	o.says(heAsked, monday())
	o.chat.As("sun").Send("意见箱情况").Expect("待答复1条，其中超期0条；采纳0条，部分采纳0条，不采纳0条。内容只在页面上凭口令打开：https://qf.example/opinions")
	o.chat.As("zhou").Send("意见").Expect("待答复1条")
	o.chat.As("wang").Send("意见箱").Expect("请到公示页上提")
	if strings.Contains(o.chat.Transcript(), heAsked) {
		t.Error("the chat quotes an opinion")
	}
}
