// Package handlers is what people do here: one Desk with every use case of the
// self-check, its review and the grading, of campaigns and their deadlines, of talks
// and of surveys.
//
// A chat step, a card press and a staff page (handlers/web) call the same methods of
// the Desk, each inside one turn of the person's lane, so none of them can do what
// another would refuse. What a method writes, says, sends and plans for later commits
// together with the turn, or not at all. Nothing here waits for a network.
//
// routes.go, reviewroutes.go and remindroutes.go list what the bot understands. The
// rest is one file a dialog: selfcheck.go, node.go (which step), point.go (the sentence),
// card.go, measures.go, old.go and fates.go (other years), edit.go, submit.go, progress.go
// and paper.go for the owner of a form; campaign.go opens and closes, idle.go warns;
// review.go, the files named review… and decide.go for whoever reviews it; mutual.go,
// peers.go, proposal.go, grading.go and gradingtalk.go for what colleagues and
// meetings do; delegate.go, reissue.go and leaver.go for reviewers who are away, late
// or gone; forms.go for the files that come out.
//
// Campaigns are calendars: plan.go is a draft before launch, planlaunch.go gives its duties
// to whoever holds the roles, planmove.go moves an event and what hangs on it, planrun.go
// tells how far it has got, routine.go turns on what comes back without a campaign.
//
// What the bot says first: remind.go composes one message for all of a day's matters;
// snooze.go, done.go and extend.go are what people answer to it, chase.go, digest.go,
// roll.go and overdue_give.go what the office does about it; remindroutes.go lists their
// words and buttons. planports.go declares the calendar they stand on.
//
// talk.go and the files named talk… are talk-and-remind notices: who may invite whom, one
// and the same card for every kind, timers, counters. Their content is sealed (bot/seal)
// and passes through pages only.
//
// survey.go and surveytalk.go are the organisers' side of anonymous surveys; bot/survey says
// why nothing here knows who answered what.
//
// publicnotice.go and the files named publicnotice_… are the life of a public notice (公示):
// built behind the mask, checked by a second person, opened and ended by the calendar,
// corrected or withdrawn, placed and reported on. publicnotice_say.go is also the two doors
// in chat: neither opinions nor reports are taken where everybody is known.
// publicrevision.go is a confirmed point's next version, by two people.
//
// opinion.go and the files named opinion… are the desk where opinions on notices are handled
// and, in opiniontips.go, the discipline office's. Words pass through pages that were opened
// with a passphrase (opinionopen.go) and through no turn, message, log or table; what is
// done to an opinion (opiniondo.go) is audited with the day alone; messages tell numbers and
// link to the desk, never to one opinion.
//
// ports.go declares what is needed of a store; bot/pg satisfies it. A refusal is
// audited and says why in one line.
package handlers
