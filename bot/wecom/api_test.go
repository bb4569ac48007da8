package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"qingfeng/bot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	canarySecret = "CANARY-SECRET"
	canaryToken  = "CANARY-TOKEN"
)

// service is a WeCom of a few lines: gettoken works, the rest is the test's.
type service struct {
	*httptest.Server
	tokens atomic.Int64 // how many gettoken
	mu     sync.Mutex
	bodies []string
}

func newService(t *testing.T, api func(w http.ResponseWriter, r *http.Request, call int)) *service {
	t.Helper()
	s := &service{}
	calls := 0
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cgi-bin/gettoken" {
			if r.URL.Query().Get("corpsecret") != canarySecret {
				fmt.Fprint(w, `{"errcode":40001,"errmsg":"bad secret"}`)
				return
			}
			fmt.Fprintf(w, `{"errcode":0,"access_token":"%s-%d","expires_in":7200}`, canaryToken, s.tokens.Add(1))
			return
		}
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.bodies = append(s.bodies, string(body))
		calls++
		n := calls
		s.mu.Unlock()
		api(w, r, n)
	}))
	t.Cleanup(s.Close)
	return s
}

// sent are the bodies of all calls so far.
func (s *service) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.bodies...)
}

func (s *service) client(t *testing.T) *Client {
	t.Helper()
	return clientFor(t, s.URL, canarySecret, time.Now)
}

func clientFor(t *testing.T, base, secret string, now func() time.Time) *Client {
	t.Helper()
	c, err := New(Config{CorpID: "wxCorp", Secret: secret, AgentID: 7, APIBase: base, OAuthBase: base, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	c.api.timeout = 400 * time.Millisecond
	t.Cleanup(c.Close)
	return c
}

func sendOutcome(t *testing.T, err error) *bot.SendError {
	t.Helper()
	var s *bot.SendError
	if !errors.As(err, &s) {
		t.Fatalf("%v is no SendError", err)
	}
	return s
}

func answer(body string) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) { fmt.Fprint(w, body) }
}

var note = []byte(`{"touser":"ZhangSan","msgtype":"text","agentid":7,"text":{"content":"<好>"}}`)

func TestAReceiptHoldsWhatWeComSaid(t *testing.T) {
	s := newService(t, answer(`{"errcode":0,"msgid":"m1","response_code":"rc","invaliduser":"LiSi","unlicenseduser":"wangwu|x"}`))
	got, err := s.client(t).Send(t.Context(), note)
	if err != nil {
		t.Fatal(err)
	}
	if got.MsgID != "m1" || got.ResponseCode != "rc" || fmt.Sprint(got.Invalid) != "[lisi wangwu x]" {
		t.Errorf("%+v", got)
	}
	if s.sent()[0] != string(note) {
		t.Errorf("sent %s", s.sent()[0])
	}
}

func TestARefusedTokenIsFetchedAgainOnceAndTheCallRepeatedOnce(t *testing.T) {
	for _, code := range []int{40001, 40014, 42001} {
		s := newService(t, func(w http.ResponseWriter, r *http.Request, _ int) {
			if r.URL.Query().Get("access_token") == canaryToken+"-1" {
				fmt.Fprintf(w, `{"errcode":%d}`, code)
				return
			}
			fmt.Fprint(w, `{"errcode":0,"msgid":"m"}`)
		})
		c := s.client(t)
		for range 3 {
			if r, err := c.Send(t.Context(), note); err != nil || r.MsgID != "m" {
				t.Fatalf("%d: %v", code, err)
			}
		}
		if s.tokens.Load() != 2 || len(s.sent()) != 4 {
			t.Errorf("%d: %d tokens, %d calls", code, s.tokens.Load(), len(s.sent()))
		}
	}
}

func TestATokenThatNeverWorksIsNotFetchedForEver(t *testing.T) {
	// gettoken keeps handing out the same token, and every call refuses it.
	var tokens atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "gettoken") {
			tokens.Add(1)
			fmt.Fprint(w, `{"errcode":0,"access_token":"same","expires_in":7200}`)
			return
		}
		fmt.Fprint(w, `{"errcode":40014}`)
	}))
	t.Cleanup(srv.Close)
	c := clientFor(t, srv.URL, canarySecret, time.Now)
	for range 20 {
		_, err := c.Send(t.Context(), note)
		if e := sendOutcome(t, err); e.Outcome != bot.NotSent || e.Code != 40014 || e.Wait == 0 {
			t.Fatalf("%+v", e)
		}
	}
	if n := tokens.Load(); n != 2 {
		t.Errorf("%d tokens fetched", n)
	}
}

func TestAWrongSecretIsTriedOnceAMinute(t *testing.T) {
	var tries atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tries.Add(1)
		fmt.Fprint(w, `{"errcode":40001,"errmsg":"invalid credential"}`)
	}))
	t.Cleanup(srv.Close)
	var clock atomic.Int64
	c := clientFor(t, srv.URL, "wrong", func() time.Time { return time.Unix(clock.Load(), 0) })
	for minute := range 3 {
		for range 10 {
			_, err := c.Send(t.Context(), note)
			if e := sendOutcome(t, err); e.Outcome != bot.NotSent || e.Code != 40001 || e.Wait <= 0 || e.Wait > time.Minute || e.Hint == "" {
				t.Fatalf("%+v", e)
			}
		}
		if tries.Load() != int64(minute+1) {
			t.Fatalf("%d tries in minute %d", tries.Load(), minute)
		}
		clock.Add(61)
	}
}

func TestOneRefreshIsInFlight(t *testing.T) {
	s := newService(t, answer(`{"errcode":0}`))
	c := s.client(t)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := c.Send(context.Background(), note); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := s.tokens.Load(); n != 1 {
		t.Errorf("%d tokens fetched", n)
	}
}

func TestATokenIsRenewedBeforeItsEndWithoutWaiting(t *testing.T) {
	var clock atomic.Int64
	fetched := make(chan struct{}, 10)
	var n atomic.Int64
	src := &tokens{now: func() time.Time { return time.Unix(clock.Load(), 0) }, fetch: func(context.Context) (string, time.Duration, error) {
		defer func() { fetched <- struct{}{} }()
		return fmt.Sprint("t", n.Add(1)), 2 * time.Hour, nil
	}}
	get := func() string {
		token, err := src.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	if got := get(); got != "t1" {
		t.Fatal(got)
	}
	<-fetched
	clock.Store(7000) // past nine tenths of its life
	if got := get(); got != "t1" {
		t.Fatalf("waited and got %s", got)
	}
	<-fetched
	deadline := time.Now().Add(2 * time.Second)
	for get() != "t2" {
		if time.Now().After(deadline) {
			t.Fatal("not renewed")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestWhatSurelyDidNotLeaveIsToldFromWhatMayHave(t *testing.T) {
	reset := func(w http.ResponseWriter) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}
	hang := func(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() }
	cases := []struct {
		name string
		api  func(http.ResponseWriter, *http.Request, int)
		want bot.Outcome
	}{
		{"timeout", hang, bot.Unknown},
		{"reset", func(w http.ResponseWriter, _ *http.Request, _ int) { reset(w) }, bot.Unknown},
		{"502", func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(502) }, bot.Unknown},
		{"half an answer", func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"errcode":0`)
		}, bot.Unknown},
		{"a page instead of JSON", answer("<html>"), bot.Unknown},
		{"JSON without errcode", answer("{}"), bot.Unknown},
		{"an endless answer", answer(strings.Repeat(" ", maxAnswer+1)), bot.Unknown},
		{"404", func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(404) }, bot.NotSent},
		{"redirect", func(w http.ResponseWriter, r *http.Request, _ int) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}, bot.NotSent},
		{"busy", answer(`{"errcode":-1}`), bot.NotSent},
		{"frequency", answer(`{"errcode":45009}`), bot.NotSent},
		{"trusted ip", answer(`{"errcode":60020}`), bot.NotSent},
		{"too long", answer(`{"errcode":45002}`), bot.Refused},
		{"task id", answer(`{"errcode":42014}`), bot.Refused},
		{"never seen", answer(`{"errcode":99999}`), bot.Refused},
		{"all invalid", answer(`{"errcode":81013,"invaliduser":"zhangsan"}`), bot.Unreachable},
		{"invalid under errcode 0", answer(`{"errcode":0,"invaliduser":"zhangsan"}`), bot.Unreachable},
		{"unlicensed under errcode 0", answer(`{"errcode":0,"unlicenseduser":"zhangsan"}`), bot.Unreachable},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newService(t, c.api)
			_, err := s.client(t).Send(t.Context(), note)
			if e := sendOutcome(t, err); e.Outcome != c.want || e.Hint == "" {
				t.Errorf("%+v, want outcome %d", e, c.want)
			}
			if c.name == "frequency" && sendOutcome(t, err).Wait != time.Minute {
				t.Error("does not wait for the window")
			}
			if len(s.sent()) != 1 {
				t.Errorf("%d calls", len(s.sent()))
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		s := newService(t, answer(`{"errcode":0}`))
		c := s.client(t)
		if _, err := c.Send(t.Context(), note); err != nil {
			t.Fatal(err) // has its token now
		}
		s.Server.Close()
		c.Close()
		_, err := c.Send(t.Context(), note)
		if e := sendOutcome(t, err); e.Outcome != bot.NotSent {
			t.Errorf("%+v", e)
		}
	})
}

func TestAnUpdateTakesItsCodeAndATaskIDOfItsOwn(t *testing.T) {
	s := newService(t, answer(`{"errcode":0,"invaliduser":["LiSi"]}`))
	c := s.client(t)
	body, err := NewRenderer(7, time.Now).RenderUpdate("ZhangSan", "已由李四同意")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Update(t.Context(), body, `a"b`)
	if err != nil || fmt.Sprint(got.Invalid) != "[lisi]" {
		t.Fatalf("%+v, %v", got, err)
	}
	if !strings.Contains(s.sent()[0], `"response_code":"a\"b"`) || !strings.Contains(s.sent()[0], `"task_id":"u-`) {
		t.Error(s.sent()[0])
	}
	if _, err := c.Update(t.Context(), body, ""); sendOutcome(t, err).Outcome != bot.Refused {
		t.Error(err)
	}
}

func TestNoErrorHoldsASecretATokenOrAnAddress(t *testing.T) {
	failing := map[string]func(http.ResponseWriter, *http.Request, int){
		"hang": func(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() },
		"500":  func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(500) },
		"302": func(w http.ResponseWriter, r *http.Request, _ int) {
			http.Redirect(w, r, "/x?"+r.URL.RawQuery, http.StatusFound)
		},
		"code": func(w http.ResponseWriter, r *http.Request, _ int) {
			fmt.Fprintf(w, `{"errcode":60011,"errmsg":"see %s"}`, r.URL)
		},
		"token": func(w http.ResponseWriter, r *http.Request, _ int) {
			fmt.Fprintf(w, `{"errcode":40014,"errmsg":"see %s"}`, r.URL)
		},
		"noise":  answer("<html>"),
		"closed": func(w http.ResponseWriter, _ *http.Request, _ int) { panic(http.ErrAbortHandler) },
	}
	calls := map[string]func(context.Context, *Client) error{
		"send":        func(ctx context.Context, c *Client) error { _, err := c.Send(ctx, note); return err },
		"recall":      func(ctx context.Context, c *Client) error { return c.Recall(ctx, "m") },
		"departments": func(ctx context.Context, c *Client) error { _, err := c.Departments(ctx); return err },
		"members":     func(ctx context.Context, c *Client) error { _, err := c.Members(ctx); return err },
		"user":        func(ctx context.Context, c *Client) error { _, err := c.User(ctx, "a&access_token=b"); return err },
		"range":       func(ctx context.Context, c *Client) error { _, err := c.VisibleRange(ctx); return err },
		"ips":         func(ctx context.Context, c *Client) error { _, err := c.CallbackIPs(ctx); return err },
		"menu":        func(ctx context.Context, c *Client) error { return c.Menu(ctx, []MenuButton{{Name: "n", Key: "k"}}) },
		"upload": func(ctx context.Context, c *Client) error {
			_, err := c.Upload(ctx, "file", "a.docx", []byte("123456"))
			return err
		},
		"login": func(ctx context.Context, c *Client) error { _, err := c.Login(ctx, "code"); return err },
	}
	for how, api := range failing {
		s := newService(t, api)
		c := s.client(t)
		away := clientFor(t, "http://127.0.0.1:1", canarySecret, time.Now)
		wrong := clientFor(t, s.URL, canarySecret+"x", time.Now)
		for name, call := range calls {
			for where, c := range map[string]*Client{"service": c, "nobody there": away, "wrong secret": wrong} {
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				err := call(ctx, c)
				cancel()
				if err == nil {
					t.Fatalf("%s/%s/%s succeeded", how, name, where)
				}
				for e := err; e != nil; e = errors.Unwrap(e) {
					said := fmt.Sprintf("%v %+v", e, e)
					for _, canary := range []string{canarySecret, canaryToken, "://", "127.0.0.1", "corpsecret", "wxCorp"} {
						if strings.Contains(said, canary) {
							t.Errorf("%s/%s/%s: %q holds %q", how, name, where, said, canary)
						}
					}
				}
			}
		}
	}
}

func TestSDKCallsCarryTheContextTheBaseAndARefreshedToken(t *testing.T) {
	s := newService(t, func(w http.ResponseWriter, r *http.Request, call int) {
		switch {
		case call == 1:
			fmt.Fprint(w, `{"errcode":42001}`)
		case r.URL.Query().Get("access_token") != canaryToken+"-2":
			t.Errorf("token %q", r.URL.Query().Get("access_token"))
		case r.URL.Path != "/private/cgi-bin/user/get" || r.URL.Query().Get("userid") != "a&b=c 张":
			t.Errorf("asked %s", r.URL)
		default:
			fmt.Fprint(w, `{"errcode":0,"userid":"a","name":"张三","department":[1,2],"position":"科长","status":1}`)
		}
	})
	s.Config.Handler = prefix("/private", s.Config.Handler)
	c := clientFor(t, s.URL+"/private/", canarySecret, time.Now)
	m, err := c.User(t.Context(), "a&b=c 张")
	if err != nil || m.Name != "张三" || len(m.Departments) != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
	if len(c.sdk.tickets) != 0 {
		t.Error("a ticket outlived its call")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.User(ctx, "a"); err == nil {
		t.Error("a cancelled context was not noticed")
	}
}

// prefix lets gettoken through wherever it is mounted.
func prefix(p string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/gettoken") {
			r.URL.Path = strings.TrimPrefix(r.URL.Path, p)
		}
		next.ServeHTTP(w, r)
	})
}

func TestMembersFallBackToWhatTheAppMayAsk(t *testing.T) {
	s := newService(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		switch r.URL.Path {
		case "/cgi-bin/agent/get":
			if r.URL.Query().Get("agentid") != "7" {
				t.Errorf("asked %s", r.URL)
			}
			fmt.Fprint(w, `{"errcode":0,"close":0,"allow_userinfos":{"user":[{"userid":"ZhangSan"},{"userid":"zhangsan"}]},"allow_partys":{"partyid":[2]}}`)
		default:
			fmt.Fprint(w, `{"errcode":48002}`)
		}
	})
	got, err := s.client(t).Members(t.Context())
	if err != nil || len(got) != 1 || got[0].ID != "ZhangSan" {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestOnlyMembersSignIn(t *testing.T) {
	var reply atomic.Value
	s := newService(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Query().Get("code") != "c&d" {
			t.Errorf("asked %s", r.URL)
		}
		fmt.Fprint(w, reply.Load())
	})
	c := s.client(t)
	for body, want := range map[string]bot.UserID{
		`{"errcode":0,"userid":"ZhangSan"}`:                "ZhangSan",
		`{"errcode":0,"UserId":"ZhangSan"}`:                "ZhangSan",
		`{"errcode":0,"openid":"o","external_userid":"e"}`: "",
		`{"errcode":0,"userid":"corp/LiSi"}`:               "",
		`{"errcode":40029}`:                                "",
	} {
		reply.Store(body)
		id, err := c.Login(t.Context(), "c&d")
		if id != want || (err == nil) != (want != "") || want == "" && bot.Says(err) == "" {
			t.Errorf("%s: %q, %v", body, id, err)
		}
	}
	for _, code := range []string{"", strings.Repeat("x", 513)} {
		if _, err := c.Login(t.Context(), code); bot.Says(err) == "" {
			t.Errorf("%d bytes: %v", len(code), err)
		}
	}
}

func TestTheAuthorizeAddressIsTheDocumentedOne(t *testing.T) {
	c, err := New(Config{CorpID: "wxCorp", Secret: "s", AgentID: 7, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	want := "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxCorp&redirect_uri=https%3A%2F%2Fa.gov.cn%2Foauth%2Fcallback%3Fa%3D1&response_type=code&scope=snsapi_base&state=s1&agentid=7#wechat_redirect"
	if got := c.AuthorizeURL("s1", "https://a.gov.cn/oauth/callback?a=1"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestBasesThatAreNoAddressAreRefused(t *testing.T) {
	for _, base := range []string{"qyapi.weixin.qq.com", "ftp://x", "https://", "https://user:pw@x", "https://x?y=1"} {
		_, err := New(Config{CorpID: "c", Secret: "s", AgentID: 7, APIBase: base, Now: time.Now})
		if err == nil || strings.Contains(err.Error(), base) {
			t.Errorf("%q: %v", base, err)
		}
	}
}

func TestAMenuKeepsToItsLimits(t *testing.T) {
	s := newService(t, answer(`{"errcode":0}`))
	c := s.client(t)
	good := []MenuButton{{Name: "自查", Key: "menu.check"}, {Name: "更多", Sub: []MenuButton{{Name: "帮助", Key: "menu.help"}, {Name: "页面", URL: "https://a.gov.cn/"}}}}
	if err := c.Menu(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	want := `{"button":[{"type":"click","name":"自查","key":"menu.check"},{"name":"更多","sub_button":[{"type":"click","name":"帮助","key":"menu.help"},{"type":"view","name":"页面","url":"https://a.gov.cn/"}]}]}`
	if s.sent()[0] != want {
		t.Error(s.sent()[0])
	}
	for name, bad := range map[string][]MenuButton{
		"none": {}, "four": make([]MenuButton, 4), "no key": {{Name: "a"}}, "long name": {{Name: "六个汉字太长", Key: "a"}},
		"three levels": {{Name: "a", Sub: []MenuButton{{Name: "b", Sub: []MenuButton{{Name: "c", Key: "c"}}}}}},
	} {
		if err := c.Menu(t.Context(), bad); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
