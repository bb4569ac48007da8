// Package web is the staff pages: what does not fit a chat is read and edited here,
// by people whom WeCom's OAuth has recognised.
//
// One file a page, one template a page (templates/), one style sheet. Everything is
// rendered on the server and works without a script; there is none.
//
// A page changes nothing by itself. Every change runs as a turn in the person's own
// lane (Lanes.Do) and calls a method of handlers.Desk, so that a page can never do what
// the chat would refuse, and the two never race each other. What the Desk says in that
// turn is shown on the page; what was typed is kept when it was refused.
//
// Who may see what is DOMAIN.md §2.4, written down in access.go: a draft's text is its
// owner's alone, a reviewer reads what is assigned to them, the office reads where a
// form stands and its text only once it is confirmed.
//
// The knowledge base's pages (library*.go, clause.go, ask*.go) show its store; who keeps
// a document and who may read it are two questions (library_access.go, Desk.Reader).
// Pages that take long, an upload and a model's answer, grow while they are open
// (grown.go).
//
// plan.go (a draft), planrun.go (a campaign under way) and todo.go (what I owe; the
// office's list) are the calendar's pages; talk.go and its kin hold what is written about
// talks, and are the only place where it can be read.
//
// survey.go hands out a ballot paper and sends its holder to handlers/public, which knows
// nobody; surveys.go makes surveys and shows results; opensurvey.go
// does so for those open to whoever has the link.
//
// opinion.go and opinionnew.go are the desk of opinions, tip.go that of sealed clues: closed
// they show counts; a passphrase opens them for a quarter of an hour, during which the page
// holds one half of the keys as a hidden field and the database the other.
//
// The way of a request: limits and headers (secure.go) → who is it (session.go) → the
// page → a redirect with a flash, or the page again with what was typed.
package web
