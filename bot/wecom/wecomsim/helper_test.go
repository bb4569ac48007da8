package wecomsim

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testToken  = "QDG6eK"
	testAESKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	testAgent  = 1000002
	testSecret = "s3cret"
	sendPath   = "/cgi-bin/message/send"
	updatePath = "/cgi-bin/message/update_template_card"
)

// rig is a simulator with a clock the test moves, its address, and an app that
// records callbacks.
type rig struct {
	t     *testing.T
	sim   *Sim
	url   string
	token string

	mu     sync.Mutex
	now    time.Time
	events []inbound
	answer func(inbound) (int, string) // status and body of the 200
}

// inbound is a callback as the app reads it.
type inbound struct {
	XMLName      xml.Name `xml:"xml"`
	FromUserName string
	MsgType      string
	Event        string
	EventKey     string
	TaskID       string `xml:"TaskId"`
	CardType     string
	ResponseCode string
	Content      string
	MsgID        string `xml:"MsgId"`
	Items        []struct {
		QuestionKey string
		OptionIDs   []string `xml:"OptionIds>OptionId"`
	} `xml:"SelectedItems>SelectedItem"`
}

func newRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Date(2026, 3, 2, 9, 7, 0, 0, time.FixedZone("CST", 8*3600))}
	r.answer = func(inbound) (int, string) { return 200, "" }
	app := httptest.NewServer(http.HandlerFunc(r.serve))
	cfg := Config{
		CorpID: "wx5823bf96d3bd56c7", AgentID: testAgent, Secret: testSecret, Token: testToken, AESKey: testAESKey,
		CallbackURL: app.URL + "/wecom/callback", TrustedDomain: "127.0.0.1:8080",
		Departments: []Department{{ID: 1, Name: "栖云县交通运输局"}, {ID: 2, Name: "办公室", ParentID: 1}, {ID: 3, Name: "运输股", ParentID: 1}},
		Members: []Member{
			{UserID: "ZhangSan", Name: "张三", Departments: []int{2}, Leads: []int{2}, Position: "主任"},
			{UserID: "lisi", Name: "李四", Departments: []int{3}},
			{UserID: "wangwu", Name: "王五", Departments: []int{3}, Unlicensed: true},
			{UserID: "zhaoliu", Name: "赵六", Departments: []int{3}, Status: StatusDisabled},
		},
		Now:             func() time.Time { r.mu.Lock(); defer r.mu.Unlock(); return r.now },
		CallbackTimeout: 300 * time.Millisecond, RetryPause: 5 * time.Millisecond,
	}
	if change != nil {
		change(&cfg)
	}
	sim, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.sim = sim
	server := httptest.NewServer(sim.Handler())
	r.url = server.URL
	t.Cleanup(func() { sim.Close(); server.Close(); app.Close() })
	return r
}

func (r *rig) advance(d time.Duration) { r.mu.Lock(); r.now = r.now.Add(d); r.mu.Unlock() }

func (r *rig) reply(f func(inbound) (int, string)) { r.mu.Lock(); r.answer = f; r.mu.Unlock() }

func (r *rig) serve(w http.ResponseWriter, req *http.Request) {
	q := req.URL.Query()
	if echo := q.Get("echostr"); echo != "" {
		plain, err := r.sim.env.decrypt(echo)
		if err != nil || !r.sim.env.verify(q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), echo) {
			w.WriteHeader(400)
			return
		}
		_, body := r.answer(inbound{Event: "verify", Content: string(plain)})
		if body == "" {
			body = string(plain)
		}
		_, _ = io.WriteString(w, body)
		return
	}
	var outer struct{ Encrypt string }
	_ = xml.NewDecoder(req.Body).Decode(&outer)
	plain, err := r.sim.env.decrypt(outer.Encrypt)
	if err != nil || !r.sim.env.verify(q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), outer.Encrypt) {
		w.WriteHeader(400)
		return
	}
	var in inbound
	if err := xml.Unmarshal(plain, &in); err != nil {
		w.WriteHeader(400)
		return
	}
	r.mu.Lock()
	r.events = append(r.events, in)
	answer := r.answer
	r.mu.Unlock()
	status, body := answer(in)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (r *rig) received() []inbound {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]inbound(nil), r.events...)
}

func (r *rig) last() inbound {
	r.t.Helper()
	list := r.received()
	if len(list) == 0 {
		r.t.Fatal("the app received nothing")
	}
	return list[len(list)-1]
}

// sealReply builds a passive reply around inner XML.
func (r *rig) sealReply(inner string) string {
	encrypted, q, err := r.sim.seal(inner)
	if err != nil {
		r.t.Fatal(err)
	}
	return "<xml><Encrypt>" + encrypted + "</Encrypt><MsgSignature>" + q.Get("msg_signature") + "</MsgSignature><TimeStamp>" +
		q.Get("timestamp") + "</TimeStamp><Nonce>" + q.Get("nonce") + "</Nonce></xml>"
}

func (r *rig) passive(user, rest string) string {
	return r.sealReply("<xml><ToUserName>" + user + "</ToUserName><FromUserName>wx5823bf96d3bd56c7</FromUserName><CreateTime>1</CreateTime>" + rest + "</xml>")
}

type answerJSON struct {
	ErrCode      int             `json:"errcode"`
	ErrMsg       string          `json:"errmsg"`
	AccessToken  string          `json:"access_token"`
	MsgID        string          `json:"msgid"`
	ResponseCode string          `json:"response_code"`
	InvalidUser  json.RawMessage `json:"invaliduser"`
	Unlicensed   string          `json:"unlicenseduser"`
	UserID       string          `json:"userid"`
	OpenID       string          `json:"openid"`
	MediaID      string          `json:"media_id"`
	raw          string
}

func (r *rig) do(method, path string, q url.Values, body io.Reader, contentType string) (answerJSON, error) {
	r.t.Helper()
	if q == nil {
		q = url.Values{}
	}
	if r.token != "" && !q.Has("access_token") {
		q.Set("access_token", r.token)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path+"?"+q.Encode(), body)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answerJSON{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return answerJSON{}, err
	}
	var a answerJSON
	if err := json.Unmarshal(data, &a); err != nil {
		a.ErrCode = resp.StatusCode
	}
	a.raw = string(data)
	return a, nil
}

func (r *rig) get(path string, q url.Values) answerJSON {
	r.t.Helper()
	a, err := r.do("GET", path, q, nil, "")
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// post sends a JSON body, given as text or as a value.
func (r *rig) post(path string, body any) answerJSON {
	r.t.Helper()
	text, isText := body.(string)
	if !isText {
		data, err := json.Marshal(body)
		if err != nil {
			r.t.Fatal(err)
		}
		text = string(data)
	}
	a, err := r.do("POST", path, nil, strings.NewReader(text), "application/json")
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

func (r *rig) login() *rig {
	r.t.Helper()
	a := r.get("/cgi-bin/gettoken", url.Values{"corpid": {"wx5823bf96d3bd56c7"}, "corpsecret": {testSecret}})
	if a.AccessToken == "" {
		r.t.Fatalf("no token: %s", a.raw)
	}
	r.token = a.AccessToken
	return r
}

func (r *rig) upload(kind, name string, data []byte) answerJSON {
	r.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("media", name)
	if err != nil {
		r.t.Fatal(err)
	}
	_, _ = part.Write(data)
	_ = form.Close()
	a, err := r.do("POST", "/cgi-bin/media/upload", url.Values{"type": {kind}}, &body, form.FormDataContentType())
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

type obj = map[string]any

func textTo(user, content string) obj {
	return obj{"touser": user, "msgtype": "text", "agentid": testAgent, "text": obj{"content": content}}
}

func cardTo(user string, card obj) obj {
	return obj{"touser": user, "msgtype": "template_card", "agentid": testAgent, "template_card": card}
}

func buttonCard(task string) obj {
	return obj{
		"card_type": ButtonInteraction, "task_id": task, "main_title": obj{"title": "请审核"},
		"button_list": []obj{{"text": "同意", "key": "ok"}, {"text": "退回", "key": "back"}},
	}
}

func voteCard(task string) obj {
	return obj{
		"card_type": VoteInteraction, "task_id": task, "main_title": obj{"title": "有变化吗？"},
		"checkbox":      obj{"question_key": "q", "mode": 1, "option_list": []obj{{"id": "a", "text": "流程"}, {"id": "b", "text": "依据"}, {"id": "c", "text": "权限"}}},
		"submit_button": obj{"text": "提交", "key": "submit"},
	}
}

func multiCard(task string) obj {
	options := []obj{{"id": "0", "text": "请选择"}, {"id": "1", "text": "高"}, {"id": "2", "text": "低"}}
	return obj{
		"card_type": MultipleInteraction, "task_id": task, "main_title": obj{"title": "定级"},
		"select_list":   []obj{{"question_key": "p", "title": "可能性", "option_list": options}, {"question_key": "h", "title": "危害", "option_list": options}},
		"submit_button": obj{"text": "提交", "key": "submit"},
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
