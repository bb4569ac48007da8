package wecomsim

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestContactsStayInsideTheVisibleRange(t *testing.T) {
	r := newRig(t, func(c *Config) { c.AllowParties = []int{3} }).login()
	q := func(kv ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(kv); i += 2 {
			v.Set(kv[i], kv[i+1])
		}
		return v
	}
	for _, c := range []struct {
		path string
		q    url.Values
		code int
		has  string
	}{
		{"/cgi-bin/user/get", q("userid", "LISI"), 0, `"name":"李四"`},
		{"/cgi-bin/user/get", q("userid", "zhangsan"), 60011, ""},
		{"/cgi-bin/user/get", q("userid", "nobody"), 60111, ""},
		{"/cgi-bin/department/list", nil, 0, `"name":"运输股"`},
		{"/cgi-bin/department/list", q("id", "2"), 60011, ""},
		{"/cgi-bin/department/simplelist", nil, 0, `"department_id":[{"id":3`},
		{"/cgi-bin/user/simplelist", q("department_id", "3"), 0, `"userid":"wangwu"`},
		{"/cgi-bin/user/list", q("department_id", "9"), 60003, ""},
		{"/cgi-bin/user/list", q("department_id", "3"), 0, `"is_leader_in_dept":[0]`},
		{"/cgi-bin/agent/get", q("agentid", "1000002"), 0, `"allow_partys":{"partyid":[3]}`},
		{"/cgi-bin/agent/get", q("agentid", "x"), 40056, ""},
		{"/cgi-bin/getcallbackip", nil, 0, `"ip_list":["127.0.0.1"]`},
	} {
		if a := r.get(c.path, c.q); a.ErrCode != c.code || !strings.Contains(a.raw, c.has) {
			t.Errorf("%s %v: %s", c.path, c.q, a.raw)
		}
	}
	if a := r.post(sendPath, textTo("zhangsan", "x")); a.ErrCode != 81013 {
		t.Errorf("send out of range: %s", a.raw)
	}
	one := r.post("/cgi-bin/user/list_id", obj{"limit": 2})
	if !strings.Contains(one.raw, `"next_cursor":"2"`) {
		t.Errorf("first page: %s", one.raw)
	}
	two := r.post("/cgi-bin/user/list_id", obj{"limit": 2, "cursor": "2"})
	if !strings.Contains(two.raw, `"next_cursor":""`) || !strings.Contains(two.raw, "zhaoliu") {
		t.Errorf("last page: %s", two.raw)
	}
}

func TestMediaLivesThreeDays(t *testing.T) {
	r := newRig(t, nil).login()
	if a := r.upload("file", "a.docx", []byte("tiny")); a.ErrCode != 40006 {
		t.Errorf("4 bytes: %s", a.raw)
	}
	if a := r.upload("voice", "a.amr", make([]byte, 2<<20+1)); a.ErrCode != 40006 {
		t.Errorf("voice over 2 MB: %s", a.raw)
	}
	if a := r.upload("poem", "a", []byte("content")); a.ErrCode != 40005 {
		t.Errorf("unknown type: %s", a.raw)
	}
	a := r.upload("file", "附表1.docx", []byte("content"))
	file := func() obj {
		return obj{"touser": "lisi", "msgtype": "file", "agentid": testAgent, "file": obj{"media_id": a.MediaID}}
	}
	if b := r.post(sendPath, file()); b.ErrCode != 0 {
		t.Error(b.raw)
	}
	if m, _ := r.sim.Phone("lisi").Last(); m.FileName != "附表1.docx" {
		t.Errorf("shown: %+v", m)
	}
	if got := r.get("/cgi-bin/media/get", url.Values{"media_id": {a.MediaID}}); got.raw != "content" {
		t.Errorf("download: %s", got.raw)
	}
	r.advance(72 * time.Hour)
	r.login()
	if b := r.post(sendPath, file()); b.ErrCode != 40007 {
		t.Errorf("after three days: %s", b.raw)
	}
}

func TestMenuRules(t *testing.T) {
	r := newRig(t, nil).login()
	create := func(buttons ...obj) int {
		a, err := r.do("POST", "/cgi-bin/menu/create", url.Values{"agentid": {"1000002"}},
			strings.NewReader(mustJSON(t, obj{"button": buttons})), "application/json")
		if err != nil {
			t.Fatal(err)
		}
		return a.ErrCode
	}
	click := obj{"type": "click", "name": "进度", "key": "progress"}
	if code := create(click, click, click, click); code != 40016 {
		t.Errorf("four buttons: %d", code)
	}
	if code := create(obj{"type": "click", "name": "六个汉字太长", "key": "k"}); code != 40018 {
		t.Errorf("18 bytes: %d", code)
	}
	if code := create(obj{"type": "view", "name": "页", "url": "a.cn"}); code != 40020 {
		t.Errorf("url: %d", code)
	}
	if code := create(obj{"name": "更多", "sub_button": []obj{click}}, click); code != 0 {
		t.Errorf("good menu: %d", code)
	}
	if a := r.get("/cgi-bin/menu/get", url.Values{"agentid": {"1000002"}}); !strings.Contains(a.raw, `"key":"progress"`) {
		t.Error(a.raw)
	}
}
