// Package handlers is what people do here: one Desk with every use case of the
// self-check, its review and the grading.
//
// A chat step, a card press and a staff page (handlers/web) call the same methods of
// the Desk, each inside one turn of the person's lane, so none of them can do what
// another would refuse. What a method writes, says, sends and plans for later commits
// together with the turn, or not at all. Nothing here waits for a network.
//
// routes.go and reviewroutes.go are the whole list of what the bot understands. The
// rest is one file a dialog: selfcheck.go, node.go (which step), point.go (the sentence),
// card.go, measures.go, old.go and fates.go (other years), edit.go, submit.go, progress.go
// and paper.go for the owner of a form; campaign.go opens and closes, idle.go warns;
// review.go, the files named review… and decide.go for whoever reviews it; mutual.go,
// peers.go, proposal.go, grading.go and gradingtalk.go for what colleagues and
// meetings do; delegate.go, reissue.go and leaver.go for reviewers who are away, late
// or gone; forms.go for the files that come out.
//
// What the bot says first: remind.go composes one message for all of a day's matters;
// snooze.go, done.go and extend.go are what people answer to it, chase.go, digest.go,
// roll.go and overdue_give.go what the office does about it; remindroutes.go lists their
// words and buttons. planports.go declares the calendar they stand on.
//
// survey.go and surveytalk.go are the organisers' side of anonymous surveys; bot/survey says
// why nothing here knows who answered what.
//
// ports.go declares what is needed of a store; bot/pg satisfies it. A refusal is
// audited and says why in one line.
package handlers
