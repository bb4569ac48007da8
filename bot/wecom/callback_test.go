package wecom

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qingfeng/bot"
)

// desk is a callback with everything it stored and logged.
type desk struct {
	*Callback
	stored []bot.Message
	fail   error
	log    bytes.Buffer
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{}
	c, err := NewCallback(CallbackConfig{
		Token: vectorToken, AESKey: vectorKey, CorpID: vectorCorp, AgentID: 218,
		Guard: func(s string) *bot.Stopped {
			if strings.Contains(s, "绝密★") {
				return &bot.Stopped{Rule: "secrecy", Length: len([]rune(s))}
			}
			return nil
		},
		Accept: func(_ context.Context, m bot.Message) error {
			if d.fail == nil {
				d.stored = append(d.stored, m)
			}
			return d.fail
		},
		Now: func() time.Time { return time.Unix(1700000000, 0) },
		Log: slog.New(slog.NewTextHandler(&d.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Callback = c
	return d
}

// sealed is a signed POST of an inner XML.
func (d *desk) sealed(t testing.TB, inner string) *http.Request {
	t.Helper()
	encrypted, err := d.envelope.Seal(rand.Reader, []byte(inner))
	if err != nil {
		t.Fatal(err)
	}
	return d.signed(encrypted, "<xml><ToUserName><![CDATA["+vectorCorp+"]]></ToUserName><AgentID><![CDATA[218]]></AgentID><Encrypt><![CDATA["+encrypted+"]]></Encrypt></xml>")
}

func (d *desk) signed(encrypted, body string) *http.Request {
	q := url.Values{"msg_signature": {d.envelope.Sign("1700000000", "n1", encrypted)}, "timestamp": {"1700000000"}, "nonce": {"n1"}}
	return httptest.NewRequest(http.MethodPost, "/wecom/callback?"+q.Encode(), strings.NewReader(body))
}

func (d *desk) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func xmlOf(kind, rest string) string {
	return "<xml><ToUserName><![CDATA[" + vectorCorp + "]]></ToUserName><FromUserName><![CDATA[ZhangSan]]></FromUserName><CreateTime>1700000001</CreateTime><MsgType><![CDATA[" + kind + "]]></MsgType><AgentID>218</AgentID>" + rest + "</xml>"
}

func TestVerificationAnswersThePlaintextAndNothingElse(t *testing.T) {
	d := newDesk(t)
	for i := range 30 { // some of them hold a + that a second decode would lose
		echo, err := d.envelope.Seal(rand.Reader, []byte("1616140317555161061"))
		if err != nil {
			t.Fatal(err)
		}
		q := url.Values{"msg_signature": {d.envelope.Sign("1", "n", echo)}, "timestamp": {"1"}, "nonce": {"n"}, "echostr": {echo}}
		w := d.send(httptest.NewRequest(http.MethodGet, "/wecom/callback?"+q.Encode(), nil))
		if w.Code != 200 || w.Body.String() != "1616140317555161061" {
			t.Fatalf("%d: %d %q", i, w.Code, w.Body)
		}
	}
	for query, want := range map[string]int{
		"":                                    400,
		"msg_signature=a&timestamp=1&nonce=n": 400,
		"msg_signature=a&timestamp=1&nonce=n&echostr=b":   403,
		"msg_signature=a&timestamp=1&nonce=%zz&echostr=b": 400,
	} {
		r := httptest.NewRequest(http.MethodGet, "/wecom/callback", nil)
		r.URL.RawQuery = query
		if w := d.send(r); w.Code != want || w.Body.Len() > 0 {
			t.Errorf("%q: %d %q", query, w.Code, w.Body)
		}
	}
}

func TestWhatPeopleDoBecomesAMessage(t *testing.T) {
	press := "<Event>template_card_event</Event><EventKey>review.pass</EventKey><TaskId>t1</TaskId><CardType>vote_interaction</CardType><ResponseCode>rc</ResponseCode>"
	cases := []struct {
		name, inner string
		want        bot.Message
	}{
		{"text", xmlOf("text", "<Content><![CDATA[你好<!DOCTYPE>]]></Content><MsgId>9</MsgId>"), bot.Message{Kind: bot.KindText, Text: "你好<!DOCTYPE>"}},
		{"text with control characters", xmlOf("text", "<Content><![CDATA[贴\x00来\x08的\x0b话\n第二行]]></Content><MsgId>9</MsgId>"), bot.Message{Kind: bot.KindText, Text: "贴来的话\n第二行"}},
		{"voice", xmlOf("voice", "<MediaId>m</MediaId><MsgId>9</MsgId>"), bot.Message{Kind: bot.KindMedia, Media: "voice"}},
		{"place", xmlOf("location", "<Label>家</Label><MsgId>9</MsgId>"), bot.Message{Kind: bot.KindMedia, Media: "location"}},
		{"file", xmlOf("file", "<MsgId>9</MsgId>"), bot.Message{Kind: bot.KindMedia, Media: "file"}},
		{"subscribe", xmlOf("event", "<Event>subscribe</Event>"), bot.Message{Kind: bot.KindSubscribe}},
		{"unsubscribe", xmlOf("event", "<Event>unsubscribe</Event>"), bot.Message{Kind: bot.KindUnsubscribe}},
		{"enter", xmlOf("event", "<Event>enter_agent</Event><EventKey></EventKey>"), bot.Message{Kind: bot.KindEnter}},
		{"menu", xmlOf("event", "<Event>click</Event><EventKey>menu.mine</EventKey>"), bot.Message{Kind: bot.KindPress, Press: &bot.Press{Key: "menu.mine"}}},
		{"button", xmlOf("event", press), bot.Message{Kind: bot.KindPress, Press: &bot.Press{Key: "review.pass", TaskID: "t1", Code: "rc"}}},
		{
			"vote", xmlOf("event", press+"<SelectedItems><SelectedItem><QuestionKey>pick</QuestionKey><OptionIds><OptionId>a</OptionId><OptionId>b</OptionId></OptionIds></SelectedItem></SelectedItems>"),
			bot.Message{Kind: bot.KindPress, Press: &bot.Press{Key: "review.pass", TaskID: "t1", Code: "rc", Selected: map[string][]string{"pick": {"a", "b"}}}},
		},
		{
			"selectors, one unset", xmlOf("event", press+"<SelectedItems><SelectedItem><QuestionKey>l</QuestionKey><OptionIds><OptionId>-</OptionId></OptionIds></SelectedItem><SelectedItem><QuestionKey>h</QuestionKey><OptionIds><OptionId>2</OptionId></OptionIds></SelectedItem></SelectedItems>"),
			bot.Message{Kind: bot.KindPress, Press: &bot.Press{Key: "review.pass", TaskID: "t1", Code: "rc", Selected: map[string][]string{"h": {"2"}}}},
		},
		{"card menu", xmlOf("event", strings.Replace(press, "template_card_event", "template_card_menu_event", 1)), bot.Message{Kind: bot.KindPress, Press: &bot.Press{Key: "review.pass", TaskID: "t1", Code: "rc"}}},
		{"view", xmlOf("event", "<Event>view</Event><EventKey>https://secret.example/</EventKey>"), bot.Message{Kind: bot.KindOther, Media: "event.view"}},
		{"idle app", xmlOf("event", "<Event>inactive_alert</Event><EffectTime>1</EffectTime>"), bot.Message{Kind: bot.KindOther, Media: "event.inactive_alert"}},
		{"place event", xmlOf("event", "<Event>LOCATION</Event><Latitude>1</Latitude>"), bot.Message{Kind: bot.KindOther, Media: "event.LOCATION"}},
		{"unknown type", xmlOf("hologram", "<MsgId>9</MsgId>"), bot.Message{Kind: bot.KindOther, Media: "hologram"}},
		{"type that is no name", xmlOf("a b", "<MsgId>9</MsgId>"), bot.Message{Kind: bot.KindOther, Media: "unknown"}},
		{"stopped", xmlOf("text", "<Content>绝密★ 一年</Content><MsgId>9</MsgId>"), bot.Message{Kind: bot.KindStopped, Stop: &bot.Stopped{Rule: "secrecy", Length: 6}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			w := d.send(d.sealed(t, c.inner))
			if w.Code != 200 || w.Body.Len() != 0 {
				t.Fatalf("%d %q", w.Code, w.Body)
			}
			if len(d.stored) != 1 {
				t.Fatalf("stored %d", len(d.stored))
			}
			got := d.stored[0]
			if want := "218:zhangsan:9"; strings.Contains(c.inner, "<MsgId>") && got.Dedupe != want {
				t.Errorf("dedupe %q, want %q", got.Dedupe, want)
			}
			if !strings.Contains(c.inner, "<MsgId>") && len(got.Dedupe) != len("218:")+64 {
				t.Errorf("dedupe %q", got.Dedupe)
			}
			c.want.From, c.want.At, c.want.Dedupe = "ZhangSan", time.Unix(1700000001, 0), got.Dedupe
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestARedeliveryHasTheSameKeyAndAnotherEventAnother(t *testing.T) {
	d := newDesk(t)
	one := xmlOf("event", "<Event>click</Event><EventKey>a</EventKey>")
	two := xmlOf("event", "<Event>click</Event><EventKey>b</EventKey>") // the same second, the same person
	for _, inner := range []string{one, one, two} {
		d.send(d.sealed(t, inner))
	}
	if len(d.stored) != 3 || d.stored[0].Dedupe != d.stored[1].Dedupe || d.stored[0].Dedupe == d.stored[2].Dedupe {
		t.Fatalf("%+v", d.stored)
	}
}

func TestBadCallbacksAreRefusedAndNothingIsStored(t *testing.T) {
	d := newDesk(t)
	text := xmlOf("text", "<Content>hi</Content><MsgId>1</MsgId>")
	with := func(r *http.Request, change func(url.Values)) *http.Request {
		q := r.URL.Query()
		change(q)
		r.URL.RawQuery = q.Encode()
		return r
	}
	other, err := NewEnvelope(vectorToken, vectorKey, "wxOther")
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.Seal(rand.Reader, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	large := func() *http.Request {
		return d.signed("x", "<xml><Encrypt>"+strings.Repeat("A", 8<<20)+"</Encrypt></xml>")
	}
	chunked := large()
	chunked.ContentLength = -1
	cases := []struct {
		name string
		req  *http.Request
		want int
	}{
		{"forged", with(d.sealed(t, text), func(q url.Values) { q.Set("msg_signature", strings.Repeat("0", 40)) }), 403},
		{"other nonce", with(d.sealed(t, text), func(q url.Values) { q.Set("nonce", "n2") }), 403},
		{"no signature", with(d.sealed(t, text), func(q url.Values) { q.Del("msg_signature") }), 400},
		{"no timestamp", with(d.sealed(t, text), func(q url.Values) { q.Del("timestamp") }), 400},
		{"no nonce", with(d.sealed(t, text), func(q url.Values) { q.Del("nonce") }), 400},
		{"another corp", d.signed(foreign, "<xml><Encrypt>"+foreign+"</Encrypt></xml>"), 403},
		{"no base64", d.signed("abc", "<xml><Encrypt>abc</Encrypt></xml>"), 400},
		{"rubbish", d.signed("x", "rubbish"), 400},
		{"empty", d.signed("x", ""), 400},
		{"too large", large(), 413},
		{"too large, length unknown", chunked, 413},
		{"doctype", d.sealed(t, `<!DOCTYPE xml [<!ENTITY a "b">]>`+text), 400},
		{"entity", d.sealed(t, xmlOf("text", "<Content>&a;</Content>")), 400},
		{"trailing", d.sealed(t, text+"<xml></xml>"), 400},
		{"not xml", d.sealed(t, "hello"), 400},
		{"cut", d.sealed(t, text[:len(text)-9]), 400},
		{"put", func() *http.Request { r := d.sealed(t, text); r.Method = http.MethodPut; return r }(), 405},
		{"head", func() *http.Request { r := d.sealed(t, text); r.Method = http.MethodHead; return r }(), 405},
	}
	for _, c := range cases {
		if w := d.send(c.req); w.Code != c.want || w.Body.Len() > 0 {
			t.Errorf("%s: %d %q, want %d", c.name, w.Code, w.Body, c.want)
		}
	}
	if len(d.stored) > 0 {
		t.Errorf("stored %d", len(d.stored))
	}
}

func TestAnotherAgentsMessageIsAcknowledgedAndNotStored(t *testing.T) {
	d := newDesk(t)
	w := d.send(d.sealed(t, strings.Replace(xmlOf("text", "<Content>hi</Content>"), "218", "219", 1)))
	if w.Code != 200 || len(d.stored) != 0 || !strings.Contains(d.log.String(), "another agent") {
		t.Fatalf("%d, stored %d, log %s", w.Code, len(d.stored), &d.log)
	}
}

func TestWhatCannotBeStoredIsAskedForAgain(t *testing.T) {
	d := newDesk(t)
	d.fail = errors.New("database is away")
	if w := d.send(d.sealed(t, xmlOf("text", "<Content>私下的话</Content>"))); w.Code != 503 {
		t.Fatalf("%d", w.Code)
	}
	if strings.Contains(d.log.String(), "私下") {
		t.Error("the log holds what a person wrote")
	}
}

func TestStoringHasFourSeconds(t *testing.T) {
	d := newDesk(t)
	d.cfg.Accept = func(ctx context.Context, _ bot.Message) error {
		deadline, ok := ctx.Deadline()
		if left := time.Until(deadline); !ok || left > storeTimeout || left < storeTimeout-time.Second {
			t.Errorf("deadline %v, %v", ok, left)
		}
		return nil
	}
	d.send(d.sealed(t, xmlOf("event", "<Event>subscribe</Event>")))
}

func FuzzCallback(f *testing.F) {
	f.Add([]byte(xmlOf("text", "<Content>hi</Content><MsgId>1</MsgId>")), true)
	f.Add([]byte(xmlOf("event", "<Event>click</Event>")), true)
	f.Add([]byte("<xml><Encrypt>abc=</Encrypt></xml>"), false)
	f.Fuzz(func(t *testing.T, data []byte, valid bool) {
		d := newDesk(t)
		var r *http.Request
		if valid {
			r = d.sealed(t, string(data))
		} else {
			r = d.signed("x", string(data))
		}
		w := d.send(r)
		if w.Body.Len() > 0 {
			t.Fatalf("body %q", w.Body)
		}
		switch w.Code {
		case 200:
			if !valid {
				t.Fatal("an unsigned body was accepted")
			}
			for _, m := range d.stored {
				if m.Dedupe == "" || m.From == "" || m.Kind == "" || m.Kind == bot.KindStopped && m.Text != "" {
					t.Fatalf("%+v", m)
				}
			}
		case 400, 403, 413:
			if len(d.stored) > 0 {
				t.Fatal("refused and stored")
			}
		default:
			t.Fatalf("status %d", w.Code)
		}
	})
}

// BenchmarkCallback is a whole callback without the network and without a store.
func BenchmarkCallback(b *testing.B) {
	for _, size := range []int{60, 2000} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			d := newDesk(b)
			d.cfg.Accept = func(context.Context, bot.Message) error { return nil }
			d.cfg.Log = slog.New(slog.DiscardHandler)
			r := d.sealed(b, xmlOf("text", "<Content><![CDATA["+strings.Repeat("字", size/3)+"]]></Content><MsgId>9</MsgId>"))
			body, err := io.ReadAll(r.Body)
			if err != nil {
				b.Fatal(err)
			}
			reader := bytes.NewReader(body)
			b.ReportAllocs()
			for b.Loop() {
				reader.Reset(body)
				r.Body = io.NopCloser(reader)
				d.ServeHTTP(discard{}, r)
			}
		})
	}
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
