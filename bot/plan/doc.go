// Package plan is campaigns as data: who owes what by when, and when to say so.
//
// A template (templates/*.json, DOMAIN.md §1.4) holds stages, events and duties whose
// days are rules. NewDraft moves it to the unit's own deadline; Resolve turns every
// rule into a civil day and says what is wrong, without ever failing: a draft is
// looked at and changed by people. What is launched from a draft keeps its rules, so
// that an event that moves gives new days to what hangs on it (Retime).
//
// Due is the reminder ladder as one pure function: from the open obligations and the
// day to the reminders of that day, never one before its rung's day. Rungs and
// lateness are one number, Late: working days from the due day. So the rung 0 of a day
// that is not worked is the last working day before it, when something can still be
// done, and the rung +1 the first after it. Whoever stores reminders keeps them
// unique, so that Due may be asked as often as anybody likes, by anybody.
//
// Calendar knows which civil days are worked: weekends, holidays, make-up workdays.
// A year is shipped (calendar/*.json) or imported; without, only weekends are off and
// Resolve says no_year. Days are midnights of bot.Zone; moments are exact.
//
// Everything here is a function of its arguments: no clock, no randomness, no
// storage, no words for people. It imports the standard library and bot.
package plan
