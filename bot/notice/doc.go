// Package notice is a public notice (公示) of risk points: which field may be read by
// whom (mask.json), what may never be read by anybody outside, the immutable snapshot that
// is published, its states, and where each of the five openings (五个公开) stands.
//
// It imports the standard library only, because handlers/public shows snapshots and must
// not know the register. Building one from the register's points is handlers' business: it
// hands over Rows, in which every person stands only as a Holder to be masked or left out.
//
//	mask.go      who may read which field, and why not (mask.json)
//	build.go     rows → snapshot and problems; what may never pass is left out even then
//	check.go     what a text must not say: names, complaints, how checks are drawn (words.json)
//	hash.go      the one form of a snapshot and its SHA-256
//	state.go     where a notice stands
//	openness.go  the matrix of the five openings
//	plain.go     a point as a citizen is told it
//
// The three-year flag, complaints, the coach's hints and verdicts have no field here at
// all; that a text does not speak of them is checked. What needs the register's word lists
// (risk.Guard, risk.NamedIn) and the calendar are functions of Input, and a notice built
// without them is blocked.
//
// A snapshot is made once, when a draft is sent for checking, and never changes; a
// correction is a new notice of the same series with the next version, and the old one
// stays readable and says so.
package notice
