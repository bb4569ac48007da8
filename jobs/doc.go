// Package jobs does what nobody asked for in chat: it plans and sends what is said
// first, compares the roster with WeCom at night, and keeps house. (What is timed for
// one person is a note in that person's lane, bot/convo.)
//
// The life of a run:
//
//	plan    a row in Postgres, unique on (job, key, due_at), whoever plans it: a job's
//	        own moments (Job.Next), or others inside their transaction (Runs.Plan)
//	carry   every second, and at once after Wake, a sweeper takes what is due and hands
//	        it to Redis as asynq's task "<id>-<generation>"
//	claim   a worker takes the row in Postgres, under a lease: no row, no work
//	do      the job; its lease is renewed every third of it, and a worker that lost it
//	        has its context cancelled
//	finish  done, planned again, or failed and left to a person (`qingfeng jobs`)
//
// Postgres is the truth and Redis only carries. asynq never decides anything: it does
// not retry (MaxRetry 0), it times nothing, its scheduler is not used (it has no
// leader), and a task that it hands out twice finds its row taken. Several planners,
// sweepers and workers may run at once.
//
// Queues are by urgency, on one server with eight workers: urgent 6, notice 3, bulk 2,
// house 1 (weights, so that none starves). At most 128 runs of one queue are in Redis;
// the rest waits in Postgres, where what is due first goes first.
//
// Tries: a run is begun five times, a minute after the first failure and four times as
// long after each further one (retry.go). An error may say otherwise: Again, Never, or
// WeCom's own word in a *bot.SendError. What does not count as a try: a closed road, a
// frequency limit, the end of the instance. Workers that die over a run count.
//
// Promises, each with a test:
//   - A run is done once, if its worker lives; else begun again within 15 s (lease 10 s,
//     looked for every second). What a job did is in Postgres, so it goes on from there.
//   - Redis may vanish or forget everything at any time: a mark in it is gone with the
//     tasks, and everything is carried again within a second or two of its return.
//   - Nothing is begun before its moment. While our clock and the database's differ by
//     more than a minute, Timed jobs are neither planned nor begun; the others go on.
//   - A night missed while we were down is made up for once, within a day.
package jobs
