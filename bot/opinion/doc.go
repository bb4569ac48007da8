// Package opinion is what citizens say (反馈意见) and what becomes of it: kinds, doors,
// the states of DOMAIN.md §2.3, promised days, and the Arrival in which words wait sealed.
//
// It imports the standard library only, because two rooms share it that must not know
// each other: the desk, which knows people and opens what is addressed to it, and
// handlers/public, which takes words and knows nobody. bot/letter does the sealing.
//
// # The way of an opinion
//
//	page     the citizen's words are sealed to a door's keys (letter.Seal) with what only
//	         a receipt opens, put into an Arrival, and closed once more under the outer key
//	         of the instance; one row of one size in letter_hold, without a date
//	night    the outer key is turned; a little later everything under the former one is
//	         opened, shuffled, written in one transaction to feedback, sealed_tip or
//	         open_ballot with random ids and the day alone; then that key is destroyed
//	desk     whoever holds the passphrase reads; triage, assign, answer (sealed to the
//	         receipt), link the change, close
//	purge    on a day known from the start words and answers are deleted; counts stay
//
// # What is promised, and what remains
//
// See handlers/public/doc.go (the threat model).
package opinion
