// Package notice is a public notice (公示) of risk points: which field may be read by
// whom (mask.json), what may never be read by anybody outside, the immutable snapshot that
// is published, its states, and where each of the five openings (五个公开) stands.
//
// It imports the standard library only, because handlers/public shows snapshots and must
// not know the register. Building one from the register's points is handlers' business: it
// hands over Rows, in which every person stands only as a Holder to be masked or left out.
//
// A snapshot is made once, when a draft is sent for checking, and never changes; a
// correction is a new notice of the same series with the next version, and the old one
// stays readable and says so.
package notice
