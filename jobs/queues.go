package jobs

// Queues by urgency. Every worker serves all of them; asynq picks among those that
// hold something with these weights, so that none starves.
const (
	Urgent = "urgent" // somebody waits for it
	Notice = "notice" // reminders and notices of the day
	Bulk   = "bulk"   // what goes to many and may take its time
	House  = "house"  // housekeeping
)

// Queues are all queues, the most urgent first.
func Queues() []string { return []string{Urgent, Notice, Bulk, House} }

func weights() map[string]int { return map[string]int{Urgent: 6, Notice: 3, Bulk: 2, House: 1} }
