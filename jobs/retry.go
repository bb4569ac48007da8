package jobs

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"qingfeng/bot"
)

// lastAttempt is how often a run is begun before it is left to a person.
const lastAttempt = 5

// Verdict is what an error says about trying again.
type Verdict struct {
	Never  bool          // it will fail again: left to a person at once
	After  time.Duration // before the next attempt; 0: the service's pause, which grows
	Grows  bool          // After is four times as long with each attempt, too
	Counts bool          // the attempt is one of the five; if not, the run may wait for ever
	Code   string        // what job_run keeps: a code, never a text
}

// Error names the code.
func (v *Verdict) Error() string { return v.Code }

// Again has a run done again after a while.
func Again(after time.Duration, counts bool, code string) error {
	return &Verdict{After: after, Counts: counts, Code: code}
}

// Never leaves a run to a person at once.
func Never(code string) error { return &Verdict{Never: true, Code: code} }

// VerdictOf is what an error says: its own verdict, or that of a refused send
// (WECOM.md §B.9). Any other error counts and waits for the back-off.
func VerdictOf(err error) Verdict {
	var v *Verdict
	if errors.As(err, &v) {
		return *v
	}
	var send *bot.SendError
	if errors.As(err, &send) {
		return sendVerdict(send)
	}
	return Verdict{Counts: true, Code: code(err)}
}

// sendVerdict is the table for what WeCom or the way to it said.
func sendVerdict(e *bot.SendError) Verdict {
	name := "errcode " + strconv.Itoa(e.Code)
	if e.Code == 0 {
		name = [...]string{"sent", "not sent", "outcome unknown", "refused", "unreachable"}[min(max(0, int(e.Outcome)), 4)]
	}
	wait := func(own time.Duration) time.Duration { return max(e.Wait, own) }
	switch {
	case e.Outcome == bot.Refused, e.Outcome == bot.Unreachable:
		return Verdict{Never: true, Code: name}
	case e.Code == 45009: // frequency: the block lasts as long as the window that was hit
		return Verdict{After: wait(time.Minute), Code: name}
	case e.Code == 45033: // concurrency: somebody else is just sending
		return Verdict{After: wait(2 * time.Second), Code: name}
	case e.Code == 40001, e.Code == 40014, e.Code == 42001: // token: the client has fetched another by now
		return Verdict{After: wait(time.Second), Counts: true, Code: name}
	case e.Outcome == bot.NotSent && e.Code == 0: // no way to WeCom: waiting is all there is to do
		return Verdict{After: wait(15 * time.Second), Code: name}
	case e.Outcome == bot.Unknown: // again soon, inside the window of the duplicate check
		return Verdict{After: wait(5 * time.Second), Counts: true, Code: name}
	default: // -1, and what the operator has to put right
		return Verdict{After: e.Wait, Grows: true, Counts: true, Code: name}
	}
}

// code shortens what an error says to what a row may keep.
func code(err error) string {
	s := []rune(err.Error())
	return string(s[:min(len(s), 200)])
}

// panicked is a panic as an error: its type only, since what it says may hold anything.
func panicked(p any) error { return fmt.Errorf("panic: %T", p) }
