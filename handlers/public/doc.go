// Package public is the citizens' listener: pages for people whom nobody has recognised,
// and must not.
//
//	GET  /n/{code}   a public notice and its form (notice.go)
//	POST /f          whatever is handed in: opinions, sealed tips, open ballots (take.go)
//	GET|POST /r      an answer by its receipt, and one line more (receipt.go)
//	GET  /s/{code}   a survey open to whoever has the link (survey.go)
//	     /b          the anonymous ballot of staff surveys (ballot.go)
//
// It depends on nothing that knows a user: not on bot, its stores, its transport, the
// engine or the dialogs (a test over `go list -deps` keeps it so). What it needs of a store
// it declares itself (ports.go), in the words of bot/notice, bot/opinion and bot/survey.
//
// # The way of a form
//
// Meter.Dirty → read within limits, in memory only (read.go) → proof (proof.go) → is
// anything taken → the words → the door → receipt, letter.Seal, Arrival, Outer.Close,
// Store.Hold. Whatever fails shows the form with everything that was typed, one clear line
// and a proof that is paid already: nobody proves twice for one opinion, and nobody honest
// is refused for ever. A limit only raises the price.
//
// A proof is a sum that the page's one script does in the background (altcha; SHA-256 in
// ES5, in slices, because the policy forbids workers and old phones have none), or, for
// whoever has no script, a question in words. Both are signed, good for two hours and
// once. Reading an answer asks for no proof: argon2id and 75 bits guard it, at most two
// run at once, and a bucket that asks very often waits. Meter.Price counts, so it is called
// once for each form that is shown without a paid proof, once for each solved sum that
// comes in and once for each receipt.
//
// Choosing a point is a POST as well: a point in the address would stand in a proxy's log
// minutes before the opinion about it.
//
// # Two doors
//
// The page says first that reports about a person do not belong here and where they do.
// Words that read like one (Config.Door) are not taken: the page shows the phrase, the
// lawful ways, and the sealed box where there is one. Then its writer decides, and may
// insist: 我说的不是某个人做过的事. The check is a list of phrases and errs; to
// shut out whoever it misreads would silence honest people, while who means to get past it
// only needs other words. So insisting is possible, says who will read it, stands last and
// is never the default; the desk can hand over what it should not have (回避). Numbers of
// people and marks of secrecy are not taken at either door, whoever insists.
//
// # What is promised
//
//   - No cookie is set or read, nothing is kept in the browser, no other address is loaded,
//     and no script is needed. Every answer has the same headers, net/http's Date besides.
//   - Nothing of a request is logged: not its path, query, address, browser or time. A fault
//     of ours leaves its name. Addresses live as long as a request; what the Meter counts is
//     SHA-256 over a /24 or /64 and a salt that dies with the day.
//   - Words are sealed to their door's keys before anything is stored; with them go the day
//     and, as chosen, the point and the kind. What cannot be seen (characters of no width,
//     trailing blanks) is taken out, for it marks a text. No form is written to a file.
//   - The receipt's secret is shown once and stored nowhere. A wrong secret and an unknown
//     selector give the same page at the same cost.
//   - Every answer to a POST has AnswerSize bytes, filled with random letters, and /f and /r
//     answer 200 whatever came of it; other pages are multiples of PageStep. The answers
//     are marked so that a proxy does not compress them.
//   - Images, only where the office switched them on: read in memory after a proof was seen,
//     JPEG and PNG only, pixels counted before decoding, turned upright, at most 1,600
//     pixels a side, encoded anew without metadata. WebP, GIF and HEIC are refused: every
//     decoder is one more door for an attacker, and phones hand over JPEG when asked to.
//
// # What remains
//
//   - The network: who carries the traffic sees which host a phone talked to, when, and how
//     much. Requests are filled up to PadSize only where scripts run, and not with an image;
//     how long an answer takes is not evened out. Without https everything is in the open,
//     and the page says so.
//   - WeChat sees the address that its scanner opens.
//   - A proxy in front that logs: paths (/n/…, which notice), addresses and times. The
//     manual says how to switch that off; nothing here can check it. One that strips
//     Content-Encoding and compresses makes sizes tell again.
//   - Whoever administers the server can replace this program, or read its memory while it
//     runs. It holds words from the first byte of a request until the process that took them
//     exits, some twenty seconds after the answer. Strings cannot be wiped.
//     Memory may also have been moved to swap: the manual says to encrypt it or have none.
//   - The parent's memory holds, until midnight, the salt of the day, and for an hour of quiet
//     what each bucket did, by ten minutes: with both a network (/24 or /64) can be found out
//     by trying. That somebody came, it knows; what they did there, it does not.
//   - Whoever watches the machine in that very moment sees connections (the kernel remembers a
//     closed one for a minute), processes that begin five seconds after the first visitor, and
//     rows of letter_hold becoming more. Nothing keeps such times, and a visit that only
//     reads looks the same but for the row. A database of one's own, on PostgreSQL 16 or later
//     and without a superuser for us, keeps when each table was last read.
//   - Whoever can write to the database can put a key of his own among those that new words are
//     sealed to. The open desk compares them with what is under lock and says so, and so does
//     doctor when they became more; until then, such words are his.
//   - Two instances do not share what was spent: a proof is good once at each of them.
//   - The database's write-ahead log shows that something arrived and when, never which; the
//     sizes of rows show whether an image came with it. One arrival on one day has that day.
//   - A backup made before the night holds arrivals under a key that no backup has: restored
//     the day after, nobody can open them. doctor counts them.
//   - The text: style, knowledge that only one person has, a picture of one desk. The
//     camera's own noise survives in an image, made smaller but not nothing.
//   - The office is asked first. It may be the one complained about; hence the other ways,
//     which the page shows before the form.
//   - A question in words keeps out machines that were not built for this page, no others;
//     the Meter budgets it.
//
// Browsers tell cookies apart by host and not by port: QINGFENG_PUBLIC_URL needs a host
// name of its own, or every request arrives with the cookie of the staff pages. Nothing here
// reads it, but it has no business on the wire.
package public
