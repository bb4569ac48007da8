// Package text is the catalogue of every sentence the bot says, one file an area.
//
// A sentence is a constant (with fmt verbs where it takes words) so that the
// compiler finds a missing one and go vet checks its arguments. A test finds
// sentences that nobody says, sentences too long for one message, and Chinese
// written anywhere else in the Go code.
//
// The tone: polite, plain, short. A refusal says why and what to do next, in one
// line. Nobody is scored, ranked or blamed.
package text
