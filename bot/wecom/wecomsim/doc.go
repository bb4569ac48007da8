// Package wecomsim is a WeCom (企业微信) that runs on this machine.
//
// It is a peer, not a mock: it speaks the public protocol over HTTP and imports
// no other package of ours. It has its own envelope code, its own card rules and
// its own counters, so that a mistake on our side shows instead of cancelling out.
//
// What lives here, by direction:
//
//	api*.go        what the app calls: tokens, sending, updating, contacts, media, menus
//	message.go     rules of the message types; card.go the rules of template cards
//	oauth.go       the authorize page and the codes it gives out
//	callback.go    what WeCom calls: signed, encrypted, 5 s, three deliveries, one lane per person
//	passive.go     what the app may answer inside the 200
//	directory.go   departments, members, visible range, joiners and leavers
//	phone.go       what a person sends; press.go what a person does to cards
//	shown.go       what the person's phone shows
//	fault.go       faults on demand, each counting its firings
//	simapi.go      /sim/api/…, used by the web chat and by client.go (the terminal chat)
//	web.go         /sim/, a phone-like page in one embedded file
//
// Where the public documentation gives a hard limit the API answers the official
// error code. Where WeCom silently repairs or drops something (a text longer than
// 2048 bytes, the 31st message of a minute) the simulator does the same and keeps
// a record: Violations, Warnings and Dropped are meant to be asserted empty.
//
// Where the documentation is silent the simulator takes the harsher reading:
// gettoken always says 7200 s even when the token is older, a duplicate request is
// answered with errcode 0 and nothing else, a person over the limit stays blocked
// for the whole window, and every delivery of a callback has a new nonce.
//
// Which code an unknown, spent or expired response_code gets is documented nowhere
// we could read; it is 40058 here, and apps must treat any code alike.
//
// All state is in memory behind one mutex. The clock and the randomness are
// injected; only network waits (timeouts, latency, retries) use real time.
package wecomsim
