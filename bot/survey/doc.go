// Package survey is what an anonymous questionnaire (问卷, 民主测评) is: its questions as
// data (templates/*.json), one filled-in ballot, the tokens that let somebody fill one in,
// and the count with everything left out that could tell what one person said.
//
// It is a package of its own, and imports the standard library only, because two rooms
// share it that must not know each other: the staff pages, which know people and no
// ballot, and handlers/public, which knows ballots and no people.
//
// # What is promised
//
// Nobody can tell from what this system stores, logs, backs up or shows who said what. A
// survey is anonymous or it is not made; the schema lets nothing change that.
//
//   - Who was invited and took part stands in survey_invite: a flag, no date, no time.
//   - A token is 128 random bits and lives in the memory of the instance that made it
//     (Pool) and in the browser of the person who drew it. The database only ever sees the
//     SHA-256 of whole batches, written in the order of the hashes before the first of them
//     is handed out. Drawing one writes nothing about it: the only row that a draw changes
//     is the invitation. So no row, transaction id, WAL record or backup ties a person to a
//     token, also not with every key at hand.
//   - A ballot is taken for a token in one transaction: the hash is deleted, the answers go
//     to survey_inbox, padded, closed with the unit's sealing key. A
//     second ballot for the token finds no hash.
//   - Whatever changes an invitation or adds a ballot writes dozens of others anew in the
//     same transaction (mixWith): one look at the tables or one dump, at any hour, shows no
//     order in which people or ballots came, and no transactions that follow each other.
//   - Without a sealing key no survey begins, for ballots would wait in the clear.
//   - Every night (Surveys.Stir) invitations and waiting ballots are written anew in random
//     order in one transaction each and the old rows are vacuumed away. At the close all
//     ballots are opened, shuffled and stored in one transaction with new random ids; the
//     words of free answers are shuffled apart from the ticks.
//   - Nothing is counted before the close, by nobody. Afterwards Count shows no number
//     under Floor and none from which one could be computed.
//
// # What remains
//
// Whoever reads the memory of the running process, or watches the network between a
// person and both listeners, can see what happens at that moment. Whoever looks at the
// database again and again while people vote, or keeps its write-ahead log (whose commits
// have times) or dead rows from before a night, sees that somebody took part and that a
// sealed ballot came soon after; the sealing key, which is in no backup, stands between that
// and the answers. So whoever has both the live database and the key can undo this: where
// it matters, two people should hold them. web_session tells when somebody signed in, not
// what for. A survey that asks the same of fewer sections could be set against another one;
// nothing here compares them. Ballots alike in everything show nothing at all: a number
// beside four noughts would say what each of them chose. A
// restart ends a batch of tokens and begins another; who takes part after it is one of
// those who still had to. A reverse proxy that logs requests to PUBLIC_URL, or statement
// logging in a PostgreSQL of one's own, would undo much of this: do not.
//
// A token is given once. It stays in the browser that drew it (a cookie for this survey's
// page alone), so that a closed page can be opened again there until the close. On another
// device it cannot be had again, because nobody knows which one it was; the page says so
// before. A process killed between writing the flag and answering loses that person's
// ballot paper; nothing else is lost.
package survey
