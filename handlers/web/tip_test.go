package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"qingfeng/bot"
	"qingfeng/bot/opinion"
	"qingfeng/handlers"
)

func TestTheOfficeStepsAsideAndKeepsNothing(t *testing.T) {
	o := newOpinions(t)
	id, other := o.says(aboutYou, monday()), o.says(sheAsked, monday())
	line := o.sealed(o.office, "又过了一周还是没人理")
	o.sql(`INSERT INTO feedback_line (id, feedback, on_day, body) VALUES (77, $1, '2026-10-12', $2)`, id, line)
	ticket := o.open()
	o.done(other, ticket, url.Values{"do": {"merge"}, "into": {fmt.Sprint(id)}})
	if got := o.does(id, ticket, url.Values{"do": {"away"}}); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "当面报告纪检监察机构") {
		t.Fatalf("without keys of the other door: %d\n%s", got.status, said(got.body))
	}
	o.at(id, opinion.Received)
	o.ring(opinion.Discipline, []string{"韩清", "值班员"}, firstPass, secondPass)
	if got := o.does(id, "", url.Values{"do": {"away"}}); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "先打开意见箱") {
		t.Errorf("with the desk closed: %d\n%s", got.status, said(got.body))
	}
	if body := o.done(id, ticket, url.Values{"do": {"away"}}); strings.Contains(body, aboutYou) || !strings.Contains(body, sheAsked) {
		t.Error("the office still reads it, or lost the other one")
	}
	f := o.at(id, opinion.Moved)
	if f.Body != nil || f.AnswerTo != "" || len(f.Lines) != 0 {
		t.Errorf("a copy stays: %+v", f)
	}
	if f := o.at(other, opinion.Accepted); f.MergedInto != 0 {
		t.Error("what was merged into it waits for ever")
	}

	// The discipline office opens with two passphrases, whichever is named first.
	han := o.as("han")
	if body := han.get("/tips").body; strings.Contains(body, aboutYou) || !strings.Contains(body, "防控办转来") || !strings.Contains(body, "要两人各填各的") {
		t.Errorf("%s", said(body))
	}
	for name, form := range map[string]url.Values{"one": {"pass": {firstPass}}, "the same twice": {"pass": {firstPass}, "pass2": {firstPass}}, "the office's": {"pass": {officePass}, "pass2": {firstPass}}} {
		if got := han.post("/tips/open", form); got.status == http.StatusOK || strings.Contains(got.body, aboutYou) {
			t.Errorf("%s opens it: %d", name, got.status)
		}
	}
	got := han.post("/tips/open", url.Values{"pass": {secondPass}, "pass2": {firstPass}})
	if got.status != http.StatusOK || !strings.Contains(got.body, aboutYou) || !strings.Contains(got.body, "又过了一周") || !strings.Contains(got.body, "第1条") {
		t.Fatalf("%d\n%s", got.status, said(got.body))
	}
	tip, tips := field(t, got.body, "ticket"), o.tips()
	if len(tips) != 1 || !tips[0].FromOffice {
		t.Fatalf("%+v", tips)
	}
	here := fmt.Sprintf("/tips/%d", tips[0].ID)
	if got := o.as("sun").post(here, url.Values{"do": {"see"}, "rev": {"0"}}); got.status != http.StatusForbidden {
		t.Errorf("the office touches it: %d", got.status)
	}
	// A ticket of one door is none at the other.
	if got := han.post(here, url.Values{"do": {"image"}, "ticket": {ticket}}); strings.Contains(got.body, aboutYou) {
		t.Error("the office's ticket opens the other desk")
	}
	if got := han.post(here, url.Values{"do": {"close"}, "rev": {"0"}, "ticket": {tip}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("closed unread: %d", got.status)
	}
	for i, form := range []url.Values{{"do": {"see"}}, {"do": {"answer"}, "answer": {"已核实并督促办理"}}} {
		form.Set("ticket", tip)
		form.Set("rev", fmt.Sprint(i))
		if got := han.post(here, form); got.status != http.StatusOK || !strings.Contains(got.body, aboutYou) {
			t.Fatalf("%v: %d\n%s", form, got.status, said(got.body))
		}
	}
	key, err := o.slips[id].Key(o.salts[id])
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := key.Open(o.tips()[0].Answer); err != nil || string(plain) != "已核实并督促办理" {
		t.Errorf("the receipt reads %q, %v", plain, err)
	}

	// Nobody is left: stepping aside is refused; with a colleague it is recorded.
	aside := url.Values{"do": {"aside"}, "rev": {"2"}, "ticket": {tip}}
	if got := han.post(here, aside); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "没有别人能看") {
		t.Errorf("the last one steps aside: %d", got.status)
	}
	if err := o.reg.Grant(t.Context(), "chen", bot.RoleDiscipline, "", 0); err != nil {
		t.Fatal(err)
	}
	if got := han.post(here, aside); got.status != http.StatusOK || strings.Contains(got.body, aboutYou) {
		t.Errorf("after stepping aside: %d\n%s", got.status, said(got.body))
	}
	if got := han.post(here, url.Values{"do": {"close"}, "rev": {"3"}, "ticket": {tip}}); got.status != http.StatusUnprocessableEntity {
		t.Error("who stepped aside closes it")
	}
	if body := o.as("chen").post("/tips/open", url.Values{"pass": {firstPass}, "pass2": {secondPass}}).body; !strings.Contains(body, aboutYou) {
		t.Error("the colleague does not see it")
	}
	o.audited("tip.aside", "ok", 1)
	o.audited("opinion.away", "ok", 1)
	o.nowhere(aboutYou, sheAsked, firstPass, secondPass, "已核实并督促办理")
}

func (o *opinions) tips() []handlers.Tip {
	o.t.Helper()
	list, err := o.reg.Tips(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}
