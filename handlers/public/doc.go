// Package public is the citizens' listener: pages for people whom nobody has recognised,
// and must not. For now there is one room, the anonymous ballot (ballot.go).
//
// It depends on nothing that knows a user: not on bot, its stores, its transport, the
// engine or the dialogs (a test over `go list -deps` keeps it so). What it needs of a store
// it declares itself, in the words of bot/survey.
//
// No cookie is set or read, no script is needed, no other address is loaded, and nothing
// of a request is logged: not its path, its address, its browser or its time. Only a fault
// of ours leaves a line, with the name of the fault. A token comes as a field of a form, so
// that it stands in no address, history or proxy log. Every answer carries the same headers.
//
// Browsers tell cookies apart by host and not by port: QINGFENG_PUBLIC_URL needs a host
// name of its own, or every ballot arrives with the cookie of the staff pages. Nothing here
// reads it, but it has no business on the wire.
package public
