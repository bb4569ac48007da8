// Package plan knows the working calendar: which civil days are worked in a Chinese
// public body, holidays and make-up workdays included. Deadlines that count in
// working days are computed here, from data, as pure functions.
//
// It imports the standard library only.
package plan
