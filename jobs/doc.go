// Package jobs does what nobody asked for in chat: the nightly comparison of the
// roster with WeCom, and housekeeping. (What is timed for one person is a note in
// that person's lane, bot/convo.)
//
//	plan: a row in Postgres, unique on (job, due_at) → carry: an asynq task
//	"<id>-<generation>" → claim: the worker takes the row in Postgres (no row, no
//	work) → the job → done
//
// Postgres is the truth and Redis only carries: the sweeper carries again what Redis
// forgot within seconds, where asynq alone needs a hundred after a kill. asynq itself
// never retries (MaxRetry 0); the row does. Several planners and workers may run at
// once.
package jobs
