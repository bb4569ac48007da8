package wecom_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/wecom"
	"qingfeng/bot/wecom/wecomsim"
)

// peer is the simulator, which was written on its own from the documentation, with
// our callback, client and renderer on the other side of real HTTP.
type peer struct {
	t      *testing.T
	sim    *wecomsim.Sim
	client *wecom.Client
	render *wecom.Renderer

	mu   sync.Mutex
	got  []bot.Message
	seen map[string]int
	now  time.Time
	said int64
}

func newPeer(t *testing.T) *peer {
	t.Helper()
	p := &peer{t: t, seen: map[string]int{}, now: time.Unix(1700000000, 0)}
	const key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	sim, err := wecomsim.New(wecomsim.Config{
		CorpID: "wwCorp", AgentID: 1000002, Secret: "s3cret", Token: "tok", AESKey: key, TrustedDomain: "a.gov.cn",
		Departments: []wecomsim.Department{{ID: 1, Name: "局"}, {ID: 2, Name: "股", ParentID: 1}},
		Members: []wecomsim.Member{
			{UserID: "ZhangSan", Name: "张三", Departments: []int{1, 2}},
			{UserID: "LiSi", Name: "李四", Departments: []int{2}},
			{UserID: "WangWu", Name: "王五", Departments: []int{2}, Unlicensed: true},
		},
		Now: p.clock, RetryPause: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.sim = sim
	callback, err := wecom.NewCallback(wecom.CallbackConfig{
		Token: "tok", AESKey: key, CorpID: "wwCorp", AgentID: 1000002, Now: time.Now,
		Guard: func(string) *bot.Stopped { return nil },
		Accept: func(_ context.Context, m bot.Message) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.seen[m.Dedupe]++; p.seen[m.Dedupe] == 1 {
				p.got = append(p.got, m)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ours := httptest.NewServer(callback)
	sim.SetCallbackURL(ours.URL + "/wecom/callback")
	theirs := httptest.NewServer(sim.Handler())
	p.client, err = wecom.New(wecom.Config{CorpID: "wwCorp", Secret: "s3cret", AgentID: 1000002, APIBase: theirs.URL, OAuthBase: theirs.URL, Now: p.clock})
	if err != nil {
		t.Fatal(err)
	}
	p.render = wecom.NewRenderer(1000002, p.clock)
	t.Cleanup(func() {
		p.client.Close()
		sim.Close()
		theirs.Close()
		ours.Close()
	})
	return p
}

func (p *peer) clock() time.Time { p.mu.Lock(); defer p.mu.Unlock(); return p.now }

func (p *peer) advance(d time.Duration) { p.mu.Lock(); p.now = p.now.Add(d); p.mu.Unlock() }

func (p *peer) messages() []bot.Message {
	p.t.Helper()
	if err := p.sim.Idle(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

// numbered is a reply as the engine hands it over.
func (p *peer) numbered(r bot.Reply) bot.Reply {
	p.said += 10
	r.Nth = p.said
	return r
}

// say renders and sends a reply; it returns the receipt of the last body.
func (p *peer) say(r bot.Reply, mode bot.Mode, task string) convo.Receipt {
	p.t.Helper()
	bodies, err := p.render.Render(p.numbered(r), mode, "A", task)
	if err != nil {
		p.t.Fatal(err)
	}
	var receipt convo.Receipt
	for _, b := range bodies {
		if receipt, err = p.client.Send(p.t.Context(), b); err != nil {
			p.t.Fatalf("%v: %s", err, b)
		}
	}
	return receipt
}

// clean fails the test for anything the documentation forbids or advises against.
func (p *peer) clean() {
	p.t.Helper()
	for _, n := range append(p.sim.Violations(), p.sim.Warnings()...) {
		p.t.Errorf("%s: %s", n.Path, n.Detail)
	}
}

func outcome(t *testing.T, err error) *bot.SendError {
	t.Helper()
	var s *bot.SendError
	if !errors.As(err, &s) {
		t.Fatalf("%v is no SendError", err)
	}
	return s
}

func (p *peer) text(to bot.UserID, words string) []byte {
	p.t.Helper()
	bodies, err := p.render.Render(p.numbered(bot.Reply{To: to, Text: words}), bot.ModeCard, "", "")
	if err != nil {
		p.t.Fatal(err)
	}
	return bodies[0]
}

func TestContractTheSettingsPageVerifiesTheCallback(t *testing.T) {
	p := newPeer(t)
	if err := p.sim.VerifyURL(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestContractPressesComeBackInOurWordsAndTheCardIsUpdated(t *testing.T) {
	p := newPeer(t)
	phone := p.sim.Phone("ZhangSan")
	r := p.say(bot.Reply{To: "zhangsan", Card: &bot.Card{Title: "待审核", Body: "请审核。", Buttons: []bot.Option{{Text: "同意", Key: "review.pass:1"}, {Text: "退回", Key: "review.back:1"}}}}, bot.ModeCard, "task-1")
	if r.MsgID == "" || r.ResponseCode == "" {
		t.Fatalf("%+v", r)
	}
	if err := phone.Press(t.Context(), "同意"); err != nil {
		t.Fatal(err)
	}
	got := p.messages()
	if len(got) != 1 || got[0].Kind != bot.KindPress || got[0].From != "ZhangSan" || got[0].Press.Key != "review.pass:1" || got[0].Press.TaskID != "task-1" || got[0].Press.Code == "" {
		t.Fatalf("%+v", got)
	}
	body, err := p.render.RenderUpdate("ZhangSan", "你已同意，谢谢。")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.client.Update(t.Context(), body, got[0].Press.Code); err != nil {
		t.Fatal(err)
	}
	if m, _ := phone.Last(); m.Live() || m.Card.MainTitle.Title != "你已同意，谢谢。" {
		t.Errorf("%+v", m.Card)
	}
	p.clean()
	_, err = p.client.Update(t.Context(), body, got[0].Press.Code) // a code is good for one use
	if e := outcome(t, err); e.Outcome != bot.Refused {
		t.Errorf("%+v", e)
	}
}

func TestContractVotesAndSelectorsComeBackInOurWords(t *testing.T) {
	p := newPeer(t)
	phone := p.sim.Phone("ZhangSan")
	p.say(bot.Reply{To: "ZhangSan", Card: &bot.Card{Title: "选", Pick: &bot.Pick{Multi: true, Options: []bot.Option{{Text: "受理", Key: "a"}, {Text: "审核", Key: "b"}, {Text: "发证", Key: "c"}}}}}, bot.ModeCard, "vote")
	if err := phone.Vote(t.Context(), "受理", "发证"); err != nil {
		t.Fatal(err)
	}
	p.say(bot.Reply{To: "ZhangSan", Card: &bot.Card{Title: "评", Selects: []bot.Select{
		{Key: "likelihood", Title: "可能性", Options: []bot.Option{{Text: "高", Key: "3"}}}, {Key: "harm", Title: "危害", Options: []bot.Option{{Text: "大", Key: "3"}}},
	}}}, bot.ModeCard, "selects")
	if err := phone.Select(t.Context(), map[string]string{"harm": "大"}); err != nil {
		t.Fatal(err)
	}
	got := p.messages()
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	var chosen []string
	for _, ids := range got[0].Press.Selected { // one question, whatever its name
		chosen = append(chosen, ids...)
	}
	if fmt.Sprint(chosen) != "[a c]" || fmt.Sprint(got[1].Press.Selected) != "map[harm:[3]]" {
		t.Errorf("%v, %v", chosen, got[1].Press.Selected)
	}
	p.clean()
}

func TestContractEverythingAPhoneDoesArrivesOnce(t *testing.T) {
	p := newPeer(t)
	phone := p.sim.Phone("LiSi")
	p.sim.Inject(wecomsim.Fault{Kind: wecomsim.FaultCallbackDup, Times: 20, Copies: 3})
	for _, do := range []func(context.Context) error{
		phone.Open, func(ctx context.Context) error { return phone.Type(ctx, "开始自查 <&> 😀") }, phone.SendVoice, phone.SendSticker,
	} {
		if err := do(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var kinds []string
	for _, m := range p.messages() {
		kinds = append(kinds, string(m.Kind)+m.Text+m.Media)
	}
	if fmt.Sprint(kinds) != "[enter text开始自查 <&> 😀 mediavoice mediaimage]" {
		t.Errorf("%q", kinds)
	}
	for key, n := range p.seen {
		if n != 4 {
			t.Errorf("%s came %d times", key, n)
		}
	}
	p.clean()
}

func TestContractATokenRevokedMidwayCostsNothing(t *testing.T) {
	p := newPeer(t)
	p.say(bot.Reply{To: "LiSi", Text: "一"}, bot.ModeCard, "")
	for range 3 {
		p.sim.RevokeToken()
		p.say(bot.Reply{To: "LiSi", Text: "二"}, bot.ModeCard, "")
		p.sim.RevokeToken()
		if m, err := p.client.User(t.Context(), "LiSi"); err != nil || m.Name != "李四" {
			t.Fatalf("%+v, %v", m, err)
		}
	}
	if n := len(p.sim.Phone("LiSi").Messages()); n != 4 {
		t.Errorf("%d messages", n)
	}
	p.advance(3 * time.Hour) // past the token's life
	p.say(bot.Reply{To: "LiSi", Text: "三"}, bot.ModeCard, "")
	p.clean()
}

func TestContractAResendAfterAnUnknownOutcomeIsNotDeliveredTwice(t *testing.T) {
	p := newPeer(t)
	for i, kind := range []string{wecomsim.FaultHTTPAfter, wecomsim.FaultResetAfter, wecomsim.FaultHangAfter} {
		if _, err := p.client.VisibleRange(t.Context()); err != nil { // has its token
			t.Fatal(err)
		}
		f := p.sim.Inject(wecomsim.Fault{Kind: kind, Path: "/cgi-bin/message/send"})
		body := p.text("LiSi", fmt.Sprint("提醒", i))
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err := p.client.Send(ctx, body)
		cancel()
		if f.Fired() != 1 {
			t.Fatalf("%s did not fire", kind)
		}
		if e := outcome(t, err); e.Outcome != bot.Unknown {
			t.Fatalf("%s: %+v", kind, e)
		}
		if _, err := p.client.Send(t.Context(), body); err != nil {
			t.Fatal(err)
		}
		if n := len(p.sim.Phone("LiSi").Messages()); n != i+1 {
			t.Fatalf("%s: %d messages", kind, n)
		}
	}
	// The same words on purpose do arrive.
	for range 2 {
		if _, err := p.client.Send(t.Context(), p.text("LiSi", "提醒0")); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(p.sim.Phone("LiSi").Messages()); n != 5 {
		t.Errorf("%d messages", n)
	}
	p.clean()
}

func TestContractRefusalsAreClassified(t *testing.T) {
	p := newPeer(t)
	p.sim.Inject(wecomsim.Fault{Kind: wecomsim.FaultErrCode, Path: "/cgi-bin/message/send", ErrCode: 45009})
	_, err := p.client.Send(t.Context(), p.text("LiSi", "一"))
	if e := outcome(t, err); e.Outcome != bot.NotSent || e.Code != 45009 || e.Wait != time.Minute {
		t.Errorf("%+v", e)
	}
	for _, to := range []bot.UserID{"nobody", "WangWu"} {
		_, err := p.client.Send(t.Context(), p.text(to, "一"))
		if e := outcome(t, err); e.Outcome != bot.Unreachable {
			t.Errorf("%s: %+v", to, e)
		}
	}
	several := strings.Replace(string(p.text("LiSi", "一")), `"touser":"LiSi"`, `"touser":"LiSi|Nobody|WANGWU"`, 1)
	r, err := p.client.Send(t.Context(), []byte(several))
	if slices.Sort(r.Invalid); err != nil || fmt.Sprint(r.Invalid) != "[nobody wangwu]" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestContractRenderedCardsOfEveryShapeAreTaken(t *testing.T) {
	p := newPeer(t)
	rng := rand.New(rand.NewPCG(1, 2))
	long := func(n int) string { return strings.Repeat("廉政风险防控。", rng.IntN(n)) + "题" }
	options := func(n int) []bot.Option {
		out := make([]bot.Option, 1+rng.IntN(n))
		for i := range out {
			out[i] = bot.Option{Text: long(5), Key: fmt.Sprint("k", i), Minor: i%2 == 1}
		}
		return out
	}
	for i := range 300 {
		c := bot.Card{Title: long(8), Desc: long(9), Body: long(60)}
		for range rng.IntN(9) {
			c.Facts = append(c.Facts, bot.Fact{Key: long(2), Value: long(7)})
		}
		if rng.IntN(2) == 0 {
			c.Link = &bot.Link{Text: long(4), URL: "https://a.gov.cn/x?a=1&b=2"}
		}
		switch i % 4 {
		case 0:
			c.Buttons = options(8)
			if i%3 == 0 {
				c.Buttons[0].URL = "https://a.gov.cn/y"
			}
		case 1:
			c.Pick = &bot.Pick{Options: options(24), Multi: i%3 == 0}
		case 2:
			for k := range 1 + rng.IntN(4) {
				c.Selects = append(c.Selects, bot.Select{Key: fmt.Sprint("q", k), Title: long(4), Options: options(11)})
			}
		}
		p.advance(time.Hour) // stay below the member's limits
		p.say(bot.Reply{To: "LiSi", Card: &c}, bot.ModeCard, fmt.Sprint("t", i))
		p.say(bot.Reply{To: "ZhangSan", Card: &c}, bot.ModeText, fmt.Sprint("t", i))
	}
	if d := p.sim.Dropped(); len(d) > 0 {
		t.Errorf("%d dropped", len(d))
	}
	p.clean()
}

func TestContractSigningInTheDirectoryAndTheRest(t *testing.T) {
	p := newPeer(t)
	ctx := t.Context()
	noFollow := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer noFollow.CloseIdleConnections()
	page := strings.Replace(p.client.AuthorizeURL("st4te", "https://a.gov.cn/oauth/callback"), "#", "&as=LiSi#", 1)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := noFollow.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	back, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || back.Query().Get("state") != "st4te" {
		t.Fatalf("%v %v", resp.Status, back)
	}
	p.sim.RevokeToken()
	if id, err := p.client.Login(ctx, back.Query().Get("code")); err != nil || id != "LiSi" {
		t.Fatalf("%s, %v", id, err)
	}
	if _, err := p.client.Login(ctx, back.Query().Get("code")); bot.Says(err) == "" {
		t.Errorf("a code was good twice: %v", err)
	}
	members, err := p.client.Members(ctx)
	if err != nil || len(members) != 3 {
		t.Fatalf("%+v, %v", members, err)
	}
	departments, err := p.client.Departments(ctx)
	if err != nil || len(departments) != 2 || departments[1].Name != "股" {
		t.Errorf("%+v, %v", departments, err)
	}
	if _, err := p.client.VisibleRange(ctx); err != nil {
		t.Error(err)
	}
	if ips, err := p.client.CallbackIPs(ctx); err != nil || len(ips) == 0 {
		t.Errorf("%v, %v", ips, err)
	}
	if err := p.client.Menu(ctx, []wecom.MenuButton{{Name: "我的", Key: "menu.mine"}}); err != nil {
		t.Error(err)
	}
	if err := p.sim.Phone("LiSi").Menu(ctx, "menu.mine"); err != nil {
		t.Error(err)
	}
	if got := p.messages(); len(got) != 1 || got[0].Press.Key != "menu.mine" || got[0].Press.TaskID != "" {
		t.Errorf("%+v", got)
	}
	if id, err := p.client.Upload(ctx, "file", "附表1.docx", []byte("a document")); err != nil || id == "" {
		t.Errorf("%q, %v", id, err)
	}
	r := p.say(bot.Reply{To: "LiSi", Text: "收回我"}, bot.ModeCard, "")
	if err := p.client.Recall(ctx, r.MsgID); err != nil {
		t.Error(err)
	}
	p.clean()
}
