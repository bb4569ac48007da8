// Package convo is the conversation engine.
//
//	callback → inbox row → one lane per person → step in one transaction → outbox rows → sender
//
// A message is stored before it is acknowledged. A Runner takes a lease with a
// fencing token on one person's lane, reads its oldest rows in order and for each,
// in one transaction that checks the token, routes it (Router), runs a step of a
// Flow, stores {flow, step name, version, state}, queues the replies and marks the
// row done. A Sender claims each person's oldest unsent row and sends the stored
// bytes. Killing the process anywhere loses nothing and does nothing twice.
//
// A question with options is remembered as a list with a letter; a bare number
// answers the list shown last, "B2" an older one, and a step that expects numbers
// wins. A card of an earlier question never acts: it says what became of it. A card that
// went to many in one call has no row until a person's first press on it (Router.Open).
//
// Read it by direction: accept.go (in) → runner.go (leases, failures, parking; pump.go
// is its loop) → route.go and press.go (what is meant; match.go reads numbers, letters
// and labels) → play.go (what follows: steps, questions, rows) → sender.go (out).
// ports.go is what a database and a transport must do; turn.go, flow.go and router.go
// are what handlers write against.
//
// Two clocks: leases, and whether a text was there before a question, go by the
// database's clock, so that instances need not agree; timers, back-off and limits go
// by the injected one.
//
// A turn reads without locks and commits under the lane's token and the card count it
// started from; when somebody gave this person a card meanwhile, it is run again.
// Whoever gives cards to others locks their conversations in key order.
package convo
