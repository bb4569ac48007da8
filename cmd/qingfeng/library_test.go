package main

import (
	"strings"
	"testing"

	"qingfeng/bot/text"
)

func TestWhatMayLeaveIsSwitchedAndListedByCommand(t *testing.T) {
	s := newShell(t)
	s.ok("ask", "什么是三重一大") // brings the handbook
	var l libraryJSON
	s.ok("library", "list", "--json").json(t, &l)
	if l.Question || l.Endpoint || len(l.Libraries) == 0 {
		t.Fatalf("%+v", l)
	}
	for _, x := range l.Libraries {
		if x.External {
			t.Errorf("%s may leave from the beginning", x.Name)
		}
	}
	s.ok("library", "set", "--question", "on")
	if a := s.ok("library", "set", text.AskHandbook, "--external", "on"); !strings.Contains(a.err, text.CmdLibraryNoEndpoint) {
		t.Errorf("nothing says that no model is configured: %q", a.err)
	}
	s.ok("library", "list", "--json").json(t, &l)
	on := 0
	for _, x := range l.Libraries {
		if x.External {
			on++
		}
	}
	if !l.Question || on != 1 {
		t.Errorf("%+v", l)
	}
	if a := s.ok("library", "list"); !strings.Contains(a.out, text.AskHandbook+"："+text.CmdLibraryOn) {
		t.Errorf("%q", a.out)
	}
	n := 0
	err := s.instance().db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM audit_event WHERE action = 'library.switch' AND result = 'ok'").Scan(&n)
	if err != nil || n != 2 {
		t.Errorf("%d audit events of 2 switches, %v", n, err)
	}
	s.fails("没有的库", "library", "set", "没有的库", "--external", "on")
	for _, line := range []string{"library", "library set", "library set x", "library set x --external perhaps", "library set --question", "library set x --question on", "library list x", "library set question --external on"} {
		if a := s.run(strings.Fields(line)...); a.code != 2 {
			t.Errorf("qingfeng %s: exit %d", line, a.code)
		}
	}
}

func TestAQuestionThatNamesSomebodyStaysHere(t *testing.T) {
	s := newShell(t)
	s.staff()
	stays := s.instance().base.Stays
	for said, want := range map[string]bool{"林小雅收到礼品怎么登记": true, "linxiaoya收到礼品怎么登记": true, "收到礼品怎么登记": false, "张三收了老板五万元礼金": true} {
		if got, err := stays(t.Context(), said); err != nil || got != want {
			t.Errorf("%s: %v %v", said, got, err)
		}
	}
}

func TestAQuestionThatNobodyMayKeepIsNotAsked(t *testing.T) {
	s := newShell(t)
	const said = "我的身份证号是11010519491231002X，什么是三重一大"
	var doc askJSON
	s.ok("ask", "--json", said).json(t, &doc)
	if doc.Outcome != "none" || doc.Reason != stoppedReason || doc.Answer != "" || len(doc.Passages) != 0 || strings.Contains(doc.Understood, "1101") {
		t.Errorf("%+v", doc)
	}
	if a := s.ok("ask", said); !strings.Contains(a.out, text.AskPageStops("pii")) {
		t.Errorf("%q", a.out)
	}
}
