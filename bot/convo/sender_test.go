package convo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/convo/convotest"
)

// queue puts texts into people's outboxes, in order.
func queue(t testing.TB, c *convotest.Chat, lane bot.Lane, to bot.UserID, texts ...string) {
	t.Helper()
	for _, text := range texts {
		_, err := c.DB.Pool().Exec(t.Context(), `INSERT INTO outbox (user_key, user_id, lane, body) VALUES ($1, $2, $3, $4)`,
			to.Key(), string(to), int16(lane), []byte(fmt.Sprintf(`{"to":%q,"text":%q}`, to, text)))
		must(t, err)
	}
}

func texts(c *convotest.Chat, user bot.UserID) string {
	var got []string
	for _, b := range c.Phones.Screen(user) {
		got = append(got, b.Text)
	}
	return strings.Join(got, " ")
}

func states(t testing.TB, c *convotest.Chat) string {
	t.Helper()
	var s string
	must(t, c.DB.Pool().QueryRow(t.Context(), `SELECT coalesce(string_agg(state, ' ' ORDER BY id), '') FROM outbox`).Scan(&s))
	return s
}

func expect(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// fault fails the next sends whose text is one of these.
func fault(err *bot.SendError, delivered bool, n int, which string) func([]byte, bool) (error, bool) {
	return func(body []byte, _ bool) (error, bool) {
		if n > 0 && strings.Contains(string(body), `"text":"`+which) {
			n--
			return err, delivered
		}
		return nil, false
	}
}

func TestAnUnknownOutcomeIsRepeatedByteForByteAndHoldsUpItsLane(t *testing.T) {
	c := convotest.New(t, office(t))
	queue(t, c, bot.LaneReply, "li", "a", "b")
	queue(t, c, bot.LaneReply, "wang", "c")
	c.Phones.Fault = fault(&bot.SendError{Outcome: bot.Unknown}, true, 2, "a")
	c.Settle()
	expect(t, "li", texts(c, "li"), "a") // it did arrive, which we cannot know
	expect(t, "wang", texts(c, "wang"), "c")
	expect(t, "rows", states(t, c), "unknown pending sent")
	c.Advance(10 * time.Second)
	expect(t, "rows", states(t, c), "unknown pending sent")
	c.Advance(10 * time.Second)
	expect(t, "li", texts(c, "li"), "a b")
	expect(t, "rows", states(t, c), "sent sent sent")
}

func TestAnUnknownOutcomeIsHeldWhenTheDuplicateCheckNoLongerProtects(t *testing.T) {
	c := convotest.New(t, office(t))
	queue(t, c, bot.LaneReply, "li", "a", "b")
	c.Phones.Fault = fault(&bot.SendError{Outcome: bot.Unknown}, true, 1, "a")
	c.Settle()
	c.Advance(26 * time.Minute) // nobody was there to try again
	expect(t, "li", texts(c, "li"), "a b")
	expect(t, "rows", states(t, c), "held sent")
	c.Advance(48 * time.Hour)
	expect(t, "rows", states(t, c), "held sent")
}

func TestASurelyUnsentMessageAfterAnUnknownOneStaysUnknown(t *testing.T) {
	c := convotest.New(t, office(t))
	queue(t, c, bot.LaneReply, "li", "a")
	outcomes := []bot.Outcome{bot.Unknown, bot.NotSent}
	c.Phones.Fault = func([]byte, bool) (error, bool) {
		if len(outcomes) == 0 {
			return nil, false
		}
		err := &bot.SendError{Outcome: outcomes[0]}
		outcomes = outcomes[1:]
		return err, false
	}
	c.Settle()
	c.Advance(10 * time.Second)
	expect(t, "rows", states(t, c), "unknown")
	c.Advance(time.Hour)
	expect(t, "rows", states(t, c), "held")
}

func TestVerdictsOfTheTransport(t *testing.T) {
	for name, test := range map[string]struct {
		err         *bot.SendError
		now, later  string // row states at once and after a minute
		screen      string
		invalidRows int
	}{
		"refused":     {&bot.SendError{Outcome: bot.Refused, Code: 40058}, "failed sent sent", "failed sent sent", "b", 0},
		"unreachable": {&bot.SendError{Outcome: bot.Unreachable, Code: 81013}, "failed sent sent", "failed sent sent", "b", 1},
		"not sent":    {&bot.SendError{Outcome: bot.NotSent, Wait: 30 * time.Second}, "pending pending sent", "sent sent sent", "a b", 0},
		"wait longer": {&bot.SendError{Outcome: bot.NotSent, Wait: 5 * time.Minute}, "pending pending sent", "pending pending sent", "", 0},
		"too often":   {&bot.SendError{Outcome: bot.NotSent, Code: 45009, Wait: time.Minute}, "pending pending pending", "sent sent sent", "a b", 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := convotest.New(t, office(t))
			queue(t, c, bot.LaneReply, "li", "a", "b")
			c.Phones.Fault = fault(test.err, false, 1, "a")
			// One by one, so that the third knows of the first's fate.
			sendOne(t, c)
			queue(t, c, bot.LaneReply, "wang", "c")
			c.Settle()
			expect(t, "at once", states(t, c), test.now)
			c.Advance(time.Minute)
			expect(t, "after a minute", states(t, c), test.later)
			expect(t, "li", texts(c, "li"), test.screen)
			var invalid int
			must(t, c.DB.Pool().QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE invalid`).Scan(&invalid))
			if invalid != test.invalidRows {
				t.Errorf("%d invalid rows", invalid)
			}
		})
	}
}

func sendOne(t testing.TB, c *convotest.Chat) {
	t.Helper()
	must(t, c.Sender.Drain(t.Context()))
}

func TestASenderThatDiedInTheMiddleCountsAsUnknown(t *testing.T) {
	const lease = 1500 * time.Millisecond // of the database's clock: long beside a slow machine's Settle
	c := convotest.New(t, office(t), convotest.WithSender(func(s *convo.SenderConfig) { s.Limits.Lease = lease }))
	queue(t, c, bot.LaneReply, "li", "a", "b")
	dead, err := c.DB.ClaimSends(t.Context(), c.Clock.Now(), 8, c.Sender.Limits)
	must(t, err)
	if len(dead) != 1 || dead[0].Doubt {
		t.Fatalf("claimed %+v", dead)
	}
	c.Settle()
	expect(t, "while the lease lasts", texts(c, "li"), "")
	time.Sleep(lease + 50*time.Millisecond)
	again, err := c.DB.ClaimSends(t.Context(), c.Clock.Now(), 8, c.Sender.Limits)
	must(t, err)
	if len(again) != 1 || !again[0].Doubt || !slices.Equal(again[0].Body, dead[0].Body) {
		t.Fatalf("claimed again %+v", again)
	}
	// The dead one's late verdict is no longer asked for.
	must(t, c.DB.Finish(t.Context(), c.Clock.Now(), dead[0], convo.SendResult{State: convo.SendFailed}))
	expect(t, "rows", states(t, c), "sending pending")
	time.Sleep(lease + 50*time.Millisecond)
	c.Settle()
	expect(t, "li", texts(c, "li"), "a b")
}

func TestRepliesOvertakeNoticesAndNoticesBulk(t *testing.T) {
	c := convotest.New(t, office(t))
	queue(t, c, bot.LaneBulk, "li", "bulk1", "bulk2")
	queue(t, c, bot.LaneNotice, "li", "notice1", "notice2")
	queue(t, c, bot.LaneReply, "li", "reply1", "reply2")
	var order []string
	for {
		rows, err := c.DB.ClaimSends(t.Context(), c.Clock.Now(), 1, c.Sender.Limits)
		must(t, err)
		if len(rows) == 0 {
			break
		}
		order = append(order, strings.Split(string(rows[0].Body), `"`)[7])
		must(t, c.DB.Finish(t.Context(), c.Clock.Now(), rows[0], convo.SendResult{State: convo.SendSent, Counts: true}))
	}
	expect(t, "order", strings.Join(order, " "), "reply1 reply2 notice1 notice2 bulk1 bulk2")
}

func TestAMemberGetsNoMoreThanTheLimitAndNothingIsLost(t *testing.T) {
	c := convotest.New(t, office(t), convotest.WithSender(func(s *convo.SenderConfig) { s.Limits.PerMinute, s.Limits.PerHour = 0, 0 }))
	var all []string
	for i := range 60 {
		all = append(all, fmt.Sprint("m", i))
	}
	queue(t, c, bot.LaneReply, "li", all...)
	queue(t, c, bot.LaneReply, "wang", "x")
	for minute, want := range []int{25, 50, 60} {
		c.Settle()
		if got := len(c.Phones.Screen("li")); got != want {
			t.Errorf("minute %d: %d messages, want %d", minute, got, want)
		}
		c.Advance(61 * time.Second)
	}
	expect(t, "li", texts(c, "li"), strings.Join(all, " "))
	expect(t, "wang", texts(c, "wang"), "x")

	// What was sent stands in Postgres, so another instance knows of it: 900 an hour.
	_, err := c.DB.Pool().Exec(t.Context(), `INSERT INTO outbox (user_key, user_id, lane, state, tried_at)
SELECT 'zhao', 'zhao', 0, 'sent', $1::timestamptz - interval '2 minutes' - n * interval '1 second' FROM generate_series(1, 900) n`, c.Clock.Now())
	must(t, err)
	queue(t, c, bot.LaneReply, "zhao", "y")
	c.Settle()
	expect(t, "zhao", texts(c, "zhao"), "")
	c.Advance(time.Hour)
	expect(t, "zhao", texts(c, "zhao"), "y")
}

func TestWhatIsDoneWithIsEmptiedAfterThirtyDays(t *testing.T) {
	c := convotest.New(t, office(t), convotest.WithStart(time.Now()))
	c.As("li").Send("自查").Send("早退").Send("1")
	full := func() (in, out, cards int) {
		must(t, c.DB.Pool().QueryRow(t.Context(), `SELECT (SELECT count(*) FROM inbox WHERE body IS NOT NULL),
	(SELECT count(*) FROM outbox WHERE body IS NOT NULL), (SELECT count(*) FROM card WHERE choices <> '{}')`).Scan(&in, &out, &cards))
		return in, out, cards
	}
	_, err := c.DB.Prune(t.Context(), c.Clock.Now().Add(29*24*time.Hour))
	must(t, err)
	if in, out, cards := full(); in != 3 || out == 0 || cards != 3 {
		t.Errorf("after 29 days: %d %d %d", in, out, cards)
	}
	_, err = c.DB.Prune(t.Context(), c.Clock.Now().Add(31*24*time.Hour))
	must(t, err)
	if in, out, cards := full(); in != 0 || out != 0 || cards != 1 {
		t.Errorf("after 31 days: %d %d %d", in, out, cards)
	}
	c.As("li").Send("1").ExpectCard("评一评")
}
