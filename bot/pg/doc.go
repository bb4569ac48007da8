// Package pg keeps the truth in PostgreSQL: hand-written SQL, one file per
// family of tables. The interfaces it satisfies are declared by those who use
// them (handlers, jobs, bot/convo, bot/wecom).
//
// # Transactions
//
// A transaction travels in the context. DB.InTx begins one, or joins the one
// that is there; every store method asks DB.q for whatever the context carries,
// so the same method works alone and as a part of a larger step. A step, its
// effects and its replies therefore commit together without a store knowing.
//
//	err := db.InTx(ctx, func(ctx context.Context) error {
//		if err := register.Save(ctx, &check); err != nil {
//			return err
//		}
//		db.AfterCommit(ctx, runner.Wake)
//		return register.Record(ctx, event)
//	})
//
// A failed part dooms the whole, also when its error is swallowed on the way.
// Nothing is retried here: whoever repeats a transaction must know that its
// function may run twice.
//
// # Citizens
//
// Citizens (published.go) is all that their pages may ask; what they send waits in
// letter_hold, closed. ReleaseHold (hold.go) is the night: it opens what waits under one
// key, shuffles it and writes it with random ids and the day alone, in one transaction with
// its deletion. The desk works on what it wrote (feedback.go, tips.go, rings.go), and Purge
// (prune.go) deletes the words on the day that was known from the start. Rows of one release
// share a transaction id and lie in random order; what the desk does to a row later does
// not, and the files tell about when an official worked.
//
// # Schema
//
// Package migrations holds the numbered files; Migrate applies them under a
// lock, and a program older than the schema refuses to work on it.
//
// Times are timestamptz, the session's time zone is UTC; days of the calendar
// are computed in Go (bot.Civil), where the unit's time zone is known.
package pg
