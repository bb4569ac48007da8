//go:build faults

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/text"
	"qingfeng/bot/wecom/wecomsim"
)

// result is what a run counted.
type result struct {
	typed, acked, again, rows, replies, repeats int
}

func (r result) String() string {
	return fmt.Sprintf("%d messages, %d deliveries, %d stored and answered once; %d replies, %d sends repeated", r.typed, r.acked+r.again, r.rows, r.replies, r.repeats)
}

// check compares three books: what WeCom was told was received, what is stored, and
// what the phones show.
func (w *ordeal) check(t *testing.T, ids []string) result {
	t.Helper()
	w.mu.Lock()
	for _, f := range w.failures {
		t.Error(f)
	}
	w.mu.Unlock()
	r := result{typed: int(w.typed.Load() - w.unacked.Load())}

	stored, presses, stops := w.stored(t, &r)
	delivered := map[string]bool{}
	for _, d := range w.sim.Deliveries("") {
		if d.Status != http.StatusOK {
			r.again++
			continue
		}
		if d.MsgID != "" && !delivered[d.MsgID] {
			delivered[d.MsgID] = true
			r.acked++
			if !w.has(stored, d) {
				t.Errorf("lost: the message %s of %s was acknowledged and is not stored", d.MsgID, d.UserID)
			}
			continue
		}
		r.again++
	}
	queued := w.queued(t)
	wrong := 0
	for _, id := range ids {
		phone := shownTo(w.sim.Phone(id))
		var due, got []string
		for _, m := range stored[id] {
			if a := answerTo(m.message); a != "" {
				due = append(due, a)
			}
		}
		for _, m := range phone {
			if a := classOf(m); a != "" {
				got = append(got, a)
			}
		}
		r.replies += len(phone)
		diff, want, have := compare(queued[id], phone), queued[id], phone
		if diff == "" {
			diff, want, have = compare(due, got), due, got
		}
		if diff == "" {
			continue
		}
		if wrong++; wrong <= 3 {
			t.Errorf("%s: %s\n  due   %.600q\n  phone %.600q", id, diff, want, have)
		}
	}
	if wrong > 3 {
		t.Errorf("and %d people more", wrong-3)
	}
	w.books(t, presses, stops)
	if err := w.db.Pool().QueryRow(t.Context(), "SELECT coalesce(sum(attempts - 1), 0) FROM outbox WHERE attempts > 1").Scan(&r.repeats); err != nil {
		t.Error(err)
	}
	return r
}

// entry is a stored message.
type entry struct {
	key     string
	message bot.Message
}

func (w *ordeal) has(stored map[string][]entry, d wecomsim.Delivery) bool {
	for _, e := range stored[strings.ToLower(d.UserID)] {
		if strings.HasSuffix(e.key, ":"+d.MsgID) {
			return true
		}
	}
	return false
}

// stored reads the inbox in the order of the database; every row must be done.
func (w *ordeal) stored(t *testing.T, r *result) (byUser map[string][]entry, presses, stops int) {
	t.Helper()
	rows, err := w.db.Pool().Query(t.Context(), "SELECT user_key, dedupe, body, state FROM inbox WHERE due_at IS NULL ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	byUser = map[string][]entry{}
	for rows.Next() {
		var key, dedupe, state string
		var body []byte
		if err := rows.Scan(&key, &dedupe, &body, &state); err != nil {
			t.Fatal(err)
		}
		e := entry{key: dedupe}
		if err := json.Unmarshal(body, &e.message); err != nil {
			t.Fatal(err)
		}
		if state != "done" {
			t.Errorf("a message of %s is %s", key, state)
		}
		switch e.message.Kind {
		case bot.KindPress:
			presses++
		case bot.KindStopped:
			stops++
		default: // what was typed is counted by its replies
		}
		byUser[key] = append(byUser[key], e)
		r.rows++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return byUser, presses, stops
}

// books: what turns left beside replies is there once, and WeCom has no complaint.
func (w *ordeal) books(t *testing.T, presses, stops int) {
	t.Helper()
	var begun, stopped, bad, visited, again int
	err := w.db.Pool().QueryRow(t.Context(), `
SELECT (SELECT count(*) FROM audit_event WHERE action = 'selfcheck.begin'), (SELECT count(*) FROM audit_event WHERE action = 'guard.stop'),
       (SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'skipped')), (SELECT count(*) FROM selfcheck WHERE begun),
       (SELECT count(*) FROM outbox WHERE kind = 'update' AND state = 'skipped' AND doubt AND errcode <> 0)`).Scan(&begun, &stopped, &bad, &visited, &again)
	if err != nil {
		t.Fatal(err)
	}
	if begun != presses || visited != presses || stopped != stops {
		t.Errorf("%d presses began %d forms with %d events; %d stopped texts left %d events", presses, visited, begun, stops, stopped)
	}
	if bad > 0 {
		t.Errorf("%d rows of the outbox were neither sent nor skipped", bad)
	}
	if err := pg.NewRegister(w.db, env{}.now).VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
	for _, v := range w.sim.Violations() {
		// There is no duplicate check for updates: one that was cut off is tried again,
		// and WeCom says that its code was used.
		if again > 0 && v.Path == "/cgi-bin/message/update_template_card" && strings.Contains(v.Detail, "already used") {
			again--
			continue
		}
		t.Errorf("WeCom refused or cut: %s %s", v.Path, v.Detail)
	}
	for _, d := range w.sim.Dropped() {
		t.Errorf("WeCom dropped a message to %s: %s", d.UserID, d.Reason)
	}
}

// queued is what the outbox says was said to each, in the order of the commits.
func (w *ordeal) queued(t *testing.T) map[string][]string {
	t.Helper()
	rows, err := w.db.Pool().Query(t.Context(), "SELECT user_key, body FROM outbox WHERE kind = 'send' AND lane = 0 ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string][]string{}
	for rows.Next() {
		var key string
		var raw []byte
		if err := rows.Scan(&key, &raw); err != nil {
			t.Fatal(err)
		}
		var body struct {
			Text *struct{ Content string }
		}
		if err := json.Unmarshal(raw, &body); err != nil {
			t.Fatal(err)
		}
		said := card
		if body.Text != nil {
			said = body.Text.Content
		}
		out[key] = append(out[key], said)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// card stands for any card: on the phone it says by now what became of it.
const card = "(card)"

// shownTo is what the app has said to a phone, in the order in which it arrived.
func shownTo(p *wecomsim.Phone) (out []string) {
	for _, m := range p.Messages() {
		switch {
		case m.From != wecomsim.FromApp:
		case m.Card != nil:
			out = append(out, card)
		default:
			out = append(out, m.Text)
		}
	}
	return out
}

// answerTo is the kind of answer that a stored message gets, "" where it is not known
// in advance or there is none.
func answerTo(m bot.Message) string {
	switch {
	case m.Kind == bot.KindStopped:
		return "stop"
	case m.Kind == bot.KindPress, m.Text == "自查":
		return card
	case m.Text == "帮助":
		return "help"
	case m.Text == "退出":
		return "quit"
	case m.Kind == bot.KindText:
		return m.Text // a number
	}
	return ""
}

// classOf is the kind of an answer; "" is one that only goes with another.
func classOf(said string) string {
	lead, _, _ := strings.Cut(text.ConvoOutOfRange, "%d")
	if rest, ok := strings.CutPrefix(said, lead); ok {
		return rest[:min(2, len(rest))]
	}
	switch {
	case said == card:
		return card
	case said == text.StoppedPII:
		return "stop"
	case said == text.Quit:
		return "quit"
	case strings.HasPrefix(said, text.Help):
		return "help"
	}
	return ""
}

// compare says how the answers on a phone differ from those that were due.
func compare(want, got []string) string {
	count := map[string]int{}
	for _, w := range want {
		count[w]++
	}
	for _, g := range got {
		count[g]--
	}
	var lost, twice []string
	for what, n := range count {
		if n > 0 {
			lost = append(lost, what)
		} else if n < 0 {
			twice = append(twice, what)
		}
	}
	switch {
	case len(lost)+len(twice) > 0:
		return fmt.Sprintf("lost %v, too often %v", lost, twice)
	case strings.Join(want, " ") != strings.Join(got, " "):
		return "out of order"
	}
	return ""
}
